import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import type { IRunSummary, ISizing, OptionValues } from '../api';
import type { IRuns } from '../tokens';
import type { ClusterForm } from './form-model';
import { formatDuration } from '../shared/format';
import { formatEachWorker, limitName } from '../sizing/model';

/** Looked at to find runs from which advice can follow. */
const LOOKED_AT = 30;
/** Offered to choose from. */
const OFFERED = 8;
/** What the advice is about; the other options say what it is for. */
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

/** The newest of each code. */
function newestOfEach(runs: readonly IRunSummary[]): readonly IRunSummary[] {
  const found = new Map<string, IRunSummary>();
  for (const run of runs) {
    const key = run.code_sha256 ?? run.id;
    found.set(key, found.get(key) ?? run);
  }
  return [...found.values()];
}

/** The options that an advice is about, as the form takes them. */
export function advisedOptions(advice: ISizing): OptionValues {
  return {
    workers: advice.workers,
    cores: advice.coresPerWorker,
    ...(advice.memoryPerWorker > 0 ? { memory: advice.memoryPerWorker } : {})
  };
}

/** `16 workers finish Zee in about 1 min 35 s (limited by tasks)` */
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
 * Advice beside the form of a new cluster: for the run that was picked, else
 * the newest that can be sized, those of the notebook in front first.
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

  /** Runs to choose from. */
  get candidates(): readonly IRunSummary[] {
    return this._candidates;
  }

  /** The run that the advice is for. */
  get run(): IRunSummary | null {
    return this._run;
  }

  get advice(): ISizing | null {
    return this._advice;
  }

  /** Why there is none. */
  get error(): string {
    return this._error;
  }

  /** Whether the form asks for what is advised. */
  get isUsed(): boolean {
    const { values } = this.form;
    return (
      this._advice !== null &&
      Object.entries(advisedOptions(this._advice)).every(
        ([name, value]) => !(name in values) || values[name] === value
      )
    );
  }

  /** Find runs, and ask for advice on the first. */
  async load(): Promise<void> {
    try {
      this._candidates = await this._find();
    } catch {
      return; // the list of runs says what is wrong
    }
    const run =
      this._candidates.find(({ id }) => id === this._picked) ??
      this._candidates[0];
    if (run) {
      await this.choose(run.id);
    }
  }

  /** Ask for advice on another run; of several the last one counts. */
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

  /** Fill the form with what is advised. */
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
