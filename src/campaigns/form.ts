import type { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { ICampaignPlan, ICampaignRequest } from '../api';
import { formatPlan, workersFromText } from './model';

const PAUSE_MS = 250;

/** Dialog body for measuring how a run scales: profile, workers, repeats. */
export class CampaignForm
  extends Widget
  implements Dialog.IBodyWidget<ICampaignRequest | null>
{
  constructor(
    private readonly _run: string,
    first: ICampaignPlan,
    private readonly _plan: (
      request: ICampaignRequest
    ) => Promise<ICampaignPlan>,
    private readonly _trans: TranslationBundle
  ) {
    super();
    const trans = _trans;
    this.addClass('hrlab-CampaignForm');
    for (const name of first.profiles) {
      this._profile.add(new Option(name, name));
    }
    this._profile.value = first.profile;
    this._workers.value = first.workers.join(', ');
    this._repeats.type = 'number';
    this._repeats.min = '1';
    this._repeats.max = '20';
    this._repeats.value = String(first.repeats);
    this._words.setAttribute('role', 'status');
    this._add(trans.__('Profile'), this._profile);
    this._add(trans.__('Workers'), this._workers);
    this._add(trans.__('Repeats'), this._repeats);
    this.node.appendChild(this._words);
    const hint = document.createElement('p');
    hint.className = 'hrlab-CampaignForm-hint';
    hint.textContent = trans.__(
      'Runs the saved notebook in the background. It must connect with Client() or hrlab.connect().'
    );
    this.node.appendChild(hint);
    this._words.textContent = formatPlan(first, trans);
  }

  /** Returns the request, or null while the workers are not numbers. */
  getValue(): ICampaignRequest | null {
    const workers = workersFromText(this._workers.value);
    return workers
      ? {
          run: this._run,
          profile: this._profile.value,
          workers,
          repeats: Number(this._repeats.value)
        }
      : null;
  }

  dispose(): void {
    window.clearTimeout(this._timer);
    super.dispose();
  }

  private _add(label: string, field: HTMLInputElement | HTMLSelectElement) {
    const row = document.createElement('label');
    const name = document.createElement('span');
    name.textContent = label;
    field.className = 'jp-mod-styled';
    row.append(name, field);
    field.addEventListener('input', () => {
      window.clearTimeout(this._timer);
      this._timer = window.setTimeout(() => void this._check(), PAUSE_MS);
    });
    this.node.appendChild(row);
  }

  /** Shows what would be measured, or why it cannot be. */
  private async _check(): Promise<void> {
    const request = this.getValue();
    const turn = ++this._turn;
    let words = this._trans.__(
      'Enter numbers of workers, for example 1, 2, 4.'
    );
    let isBad = true;
    if (request) {
      try {
        words = formatPlan(await this._plan(request), this._trans);
        isBad = false;
      } catch (error) {
        words = error instanceof Error ? error.message : String(error);
      }
    }
    if (turn === this._turn && !this.isDisposed) {
      this._words.textContent = words;
      this._words.classList.toggle('hrlab-mod-bad', isBad);
    }
  }

  private readonly _profile = document.createElement('select');
  private readonly _workers = document.createElement('input');
  private readonly _repeats = document.createElement('input');
  private readonly _words = document.createElement('p');
  private _timer = 0;
  private _turn = 0;
}
