import type { Event } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import {
  CampaignService,
  ICampaign,
  ICampaignPlan,
  ICampaignRequest,
  isCampaignOn,
  readChanged
} from '../api';
import { BROWSER_CLOCK, IClock } from '../shared/clock';
import { formatDuration } from '../shared/format';

/** Events within this time are coalesced into one request. */
const COALESCE_MS = 300;

/** Running campaigns, and those that finish while the page is open. */
export class Campaigns {
  constructor(
    private readonly _service: CampaignService,
    private readonly _clock: IClock = BROWSER_CLOCK
  ) {}

  /** Emitted when a campaign starts, makes progress or ends. */
  get changed(): ISignal<this, ICampaign> {
    return this._changed;
  }

  /** Subscribes to the server's events, and fetches the running campaigns once. */
  follow(stream: Event.Stream): void {
    stream.connect((_, event) => {
      if (readChanged(event)?.topic === 'campaigns') {
        this.invalidate();
      }
    });
    this.invalidate();
  }

  /** Marks the state as possibly out of date. */
  invalidate(): void {
    this._clock.clear(this._timer);
    this._timer = this._clock.set(() => void this._load(), COALESCE_MS);
  }

  plan(request: ICampaignRequest): Promise<ICampaignPlan> {
    return this._service.plan(request);
  }

  async begin(request: ICampaignRequest): Promise<void> {
    this._note(await this._service.begin(request));
  }

  cancel(id: string): Promise<void> {
    return this._service.end(id);
  }

  /** Returns the campaign with its runs. */
  get(id: string): Promise<ICampaign> {
    return this._service.get(id);
  }

  private async _load(): Promise<void> {
    let listed: readonly ICampaign[];
    try {
      listed = await this._service.list();
    } catch {
      return; // the next event asks again
    }
    for (const campaign of listed) {
      if (isCampaignOn(campaign) || this._on.has(campaign.id)) {
        this._note(campaign);
      }
    }
  }

  private _note(campaign: ICampaign): void {
    if (isCampaignOn(campaign)) {
      this._on.add(campaign.id);
    } else {
      this._on.delete(campaign.id);
    }
    this._changed.emit(campaign);
  }

  private readonly _changed = new Signal<this, ICampaign>(this);
  private readonly _on = new Set<string>();
  private _timer = 0;
}

/** Parses `1, 2 4` into numbers; null if any of them is invalid. */
export function workersFromText(text: string): readonly number[] | null {
  const words = text.split(/[\s,;]+/).filter(word => word);
  const numbers = words.map(Number);
  const good = numbers.every(item => Number.isInteger(item) && item > 0);
  return words.length > 0 && good ? numbers : null;
}

/** Describes what would be measured. */
export function formatPlan(
  plan: ICampaignPlan,
  trans: TranslationBundle
): string {
  return trans.__(
    'Runs %1 on %2 workers: %3. %4 currently allows %5.',
    plan.notebook.split('/').pop() ?? plan.notebook,
    plan.workers.join(', '),
    trans._n('1 point', '%1 points', plan.points),
    plan.profile,
    trans._n('1 worker', '%1 workers', plan.mostWorkers)
  );
}

/** Describes a campaign's progress in one line. */
export function formatCampaign(
  campaign: ICampaign,
  trans: TranslationBundle
): string {
  const { name, done, points, failed, message, state } = campaign;
  const count = trans.__('%1 of %2 points', String(done), String(points));
  switch (state) {
    case 'starting':
    case 'running': {
      const left = campaign.leftSeconds;
      const parts = [
        count,
        left === null ? '' : trans.__('about %1 left', formatDuration(left)),
        campaign.point
      ].filter(part => part);
      return `${name}: ${parts.join(' \u00b7 ')}`;
    }
    case 'done':
      return failed
        ? trans.__('%1: %2 done. %3', name, count, message)
        : trans._n(
            '%2: 1 point done.',
            '%2: all %1 points done.',
            points,
            name
          );
    case 'interrupted':
      return trans.__('%1: cancelled, %2 done.', name, count);
    case 'budget':
    case 'failed':
      return `${name}: ${message}`;
  }
}
