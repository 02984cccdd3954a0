import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import type { IRunSummary, ISizing, OptionValues } from '../api';
import type { IRuns } from '../tokens';
import type { ClusterForm } from './form-model';
import { formatDuration } from '../shared/format';
import { formatEachWorker, limitName } from '../sizing/model';

/** Number of recent runs searched for ones that allow a recommendation. */
const LOOKED_AT = 30;
/** Maximum number of runs offered for selection. */
const OFFERED = 8;
/** Options that a recommendation sets; the others are its input. */
const ADVISED: readonly string[] = [
  'workers',
  'cores',
  'memory',
  'adapt',
  'minimum',
  'maximum'
];

const isSizable = ({ status, tasks }: IRunSummary) =>
  status === 'ok' && tasks > 0;

/** Returns the newest run of each code. */
function newestOfEach(runs: readonly IRunSummary[]): readonly IRunSummary[] {
  const found = new Map<string, IRunSummary>();
  for (const run of runs) {
    const key = run.code_sha256 ?? run.id;
    found.set(key, found.get(key) ?? run);
  }
  return [...found.values()];
}

/** Returns a recommendation as option values for the form. */
export function advisedOptions(advice: ISizing): OptionValues {
  return {
    workers: advice.workers,
    cores: advice.coresPerWorker,
    ...(advice.memoryPerWorker > 0 ? { memory: advice.memoryPerWorker } : {})
  };
}

/** Formats `16 workers finish Zee in about 1 min 35 s (limited by tasks)`. */
export function formatFormAdvice(
  run: string,
  advice: ISizing,
  trans: TranslationBundle
): string {
  const workers = trans._n('%1 worker', '%1 workers', advice.workers);
  const sentence =
    advice.workers === 1
      ? trans.__(
          '%1 finishes %2 in about %3',
          workers,
          run,
          formatDuration(advice.expectedSeconds)
        )
      : trans.__(
          '%1 finish %2 in about %3',
          workers,
          run,
          formatDuration(advice.expectedSeconds)
        );
  const limit = limitName(advice.limitedBy, trans);
  const each = formatEachWorker(advice, trans);
  return limit
    ? trans.__('%1 (limited by %2). %3', sentence, limit, each)
    : `${sentence}. ${each}`;
}

/**
 * Recommendation beside the new-cluster form: for the selected run, or else the
 * newest that can be sized, preferring runs of the active notebook.
 */
export class FormAdvice {
  constructor(
    private readonly _runs: IRuns,
    readonly form: ClusterForm,
    private readonly _picked: string | null,
    private readonly _notebook: string | null
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Runs offered for selection. */
  get candidates(): readonly IRunSummary[] {
    return this._candidates;
  }

  /** The run that the recommendation is for. */
  get run(): IRunSummary | null {
    return this._run;
  }

  get advice(): ISizing | null {
    return this._advice;
  }

  /** Why there is no recommendation. */
  get error(): string {
    return this._error;
  }

  /** Whether the form matches the recommendation. */
  get isUsed(): boolean {
    const { values } = this.form;
    return (
      this._advice !== null &&
      Object.entries(advisedOptions(this._advice)).every(
        ([name, value]) => !(name in values) || values[name] === value
      )
    );
  }

  /** Finds runs and requests a recommendation for the first. */
  async load(): Promise<void> {
    try {
      this._candidates = await this._find();
    } catch {
      return; // the list of runs shows the error
    }
    const run =
      this._candidates.find(({ id }) => id === this._picked) ??
      this._candidates[0];
    if (run) {
      await this.choose(run.id);
    }
  }

  /** Requests a recommendation for another run; only the latest request counts. */
  async choose(id: string): Promise<void> {
    const turn = ++this._turn;
    this._run = this._candidates.find(run => run.id === id) ?? null;
    let advice: ISizing | null = null;
    let error = '';
    try {
      advice = await this._runs.size({
        runs: [id],
        goal: { fastest: true },
        profile: this.form.profile.name,
        options: this._others()
      });
    } catch (reason) {
      error = reason instanceof Error ? reason.message : String(reason);
    }
    if (turn === this._turn && !this._disposed) {
      this._advice = advice;
      this._error = error;
      this._changed.emit();
    }
  }

  /** Fills the form with the recommendation. */
  use(): void {
    if (this._advice) {
      this.form.put(advisedOptions(this._advice));
    }
  }

  dispose(): void {
    this._disposed = true;
    Signal.clearData(this);
  }

  private async _find(): Promise<readonly IRunSummary[]> {
    const list = async (notebook?: string) =>
      (await this._runs.list({ notebook, status: 'ok' }, 0, LOOKED_AT)).runs;
    const own = this._notebook ? await list(this._notebook) : [];
    const found = [...own, ...(await list())].filter(isSizable);
    const picked = found.filter(({ id }) => id === this._picked);
    return newestOfEach([...picked, ...found]).slice(0, OFFERED);
  }

  private _others(): OptionValues {
    const values = Object.entries(this.form.values);
    return Object.fromEntries(
      values.filter(([name]) => !ADVISED.includes(name))
    );
  }

  private readonly _changed = new Signal<this, void>(this);
  private _candidates: readonly IRunSummary[] = [];
  private _run: IRunSummary | null = null;
  private _advice: ISizing | null = null;
  private _error = '';
  private _turn = 0;
  private _disposed = false;
}
