import { ISignal, Signal } from '@lumino/signaling';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { GoalName, IProfile, ISizing, ISizingQuestion } from '../api';
import type { IRuns } from '../tokens';
import { formatBytes, formatDuration, formatShare } from '../shared/format';

/** Unit of the number that a goal needs; empty if it needs none. */
export const GOAL_UNITS: Readonly<Record<GoalName, string>> = {
  finish_within_seconds: 's',
  efficiency: '%',
  fastest: '',
  core_hours: 'h'
};

/** Returns the request for a goal, or null while its number is invalid. */
export function questionOf(
  runId: string,
  goal: GoalName,
  draft: string,
  workload: Readonly<Record<string, number>>,
  profile = ''
): ISizingQuestion | null {
  const asked = {
    runs: [runId],
    ...(profile ? { profile } : {}),
    ...(Object.keys(workload).length ? { workload } : {})
  };
  if (goal === 'fastest') {
    return { ...asked, goal: { fastest: true } };
  }
  const value = Number(draft.trim().replace(',', '.'));
  if (!draft.trim() || !Number.isFinite(value) || value <= 0) {
    return null;
  }
  return {
    ...asked,
    goal: { [goal]: goal === 'efficiency' ? value / 100 : value }
  };
}

function formatLimit(limitedBy: string, trans: TranslationBundle): string {
  switch (limitedBy) {
    case 'tasks':
      return trans.__('more workers would have no tasks');
    case 'serial':
      return trans.__('more workers would be less than 1 % faster');
    case 'longest-task':
      return trans.__('the longest task takes that long');
    case 'measured':
      return trans.__(
        'more workers would be a guess, too far from what was measured'
      );
    case 'profile':
      return trans.__('the profile allows no more');
    case 'memory':
      return trans.__('not enough memory for more');
    case 'quota':
      return trans.__('limited by your quota');
    default:
      return '';
  }
}

/** Returns what limits a recommendation; empty if the goal is reached. */
export function limitName(limitedBy: string, trans: TranslationBundle): string {
  switch (limitedBy) {
    case 'tasks':
      return trans.__('tasks');
    case 'serial':
      return trans.__('the part that does not scale');
    case 'longest-task':
      return trans.__('the longest task');
    case 'measured':
      return trans.__('the measured range');
    case 'profile':
      return trans.__('the profile');
    case 'memory':
      return trans.__('memory');
    case 'quota':
      return trans.__('your quota');
    default:
      return '';
  }
}

/** Formats `Each: 2 cores and 4 GiB.` */
export function formatEachWorker(
  { coresPerWorker, memoryPerWorker }: ISizing,
  trans: TranslationBundle
): string {
  const cores = trans._n('%1 core', '%1 cores', coresPerWorker);
  return memoryPerWorker > 0
    ? trans.__('Each: %1 and %2.', cores, formatBytes(memoryPerWorker))
    : trans.__('Each: %1.', cores);
}

/** Describes the size of a worker and how many workers the quota allows. */
export function formatSize(advice: ISizing, trans: TranslationBundle): string {
  const { allowedWorkers, peakBytes } = advice;
  const used =
    peakBytes === null
      ? ''
      : trans.__('One worker used up to %1.', formatBytes(peakBytes));
  const left =
    allowedWorkers === null
      ? ''
      : trans._n(
          'Your quota allows %1 more worker.',
          'Your quota allows %1 more workers.',
          allowedWorkers
        );
  return [formatEachWorker(advice, trans), used, left]
    .filter(part => part)
    .join(' ');
}

/** Formats a recommendation as a sentence. */
export function formatSizing(
  advice: ISizing,
  trans: TranslationBundle
): string {
  const why = formatLimit(advice.limitedBy, trans);
  // Runs on one number of threads, or far from this size, do not show the cost of contention.
  const efficient =
    advice.law === 'work-conservation' || advice.workers > advice.trustedWorkers
      ? ''
      : trans.__(' %1 efficient in dask,', formatShare(advice.efficiency));
  const sentence = trans.__(
    '%1: about %2 (%3 to %4),%5 %6 core hours',
    trans._n('1 worker', '%1 workers', advice.workers),
    formatDuration(advice.expectedSeconds),
    formatDuration(advice.lowSeconds),
    formatDuration(advice.highSeconds),
    efficient,
    String(Number(advice.coreHours.toPrecision(3)))
  );
  return why ? `${sentence}; ${why}.` : `${sentence}.`;
}

/** Describes the evidence of a recommendation. */
export function formatEvidence(
  advice: ISizing,
  trans: TranslationBundle
): string {
  const runs = trans._n('From 1 run', 'From %1 runs', advice.evidence.length);
  const laws: Readonly<Record<string, string>> = {
    'universal-scalability': trans.__('using the Universal Scalability Law'),
    amdahl: trans.__('using Amdahl’s law'),
    'work-conservation': trans.__('assuming constant total work')
  };
  return trans.__(
    '%1, %2; %3 does not scale with workers.',
    runs,
    laws[advice.law] ?? advice.law,
    formatDuration(advice.fixedSeconds)
  );
}

/** Requests and holds recommendations for the next run of a run's code. */
export class SizingModel {
  constructor(
    private readonly _runs: IRuns,
    readonly runId: string
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get advice(): ISizing | null {
    return this._advice;
  }

  /** The figure that measures the work and the requested amount, once known. */
  get amount(): readonly [string, number] | null {
    return this._amount;
  }

  /** Profile of the next cluster; empty for any. */
  get profile(): string {
    return this._profile;
  }

  /** Profile of the recommended cluster. */
  get askedProfile(): string {
    return this._askedProfile;
  }

  get error(): string | null {
    return this._error;
  }

  get isBusy(): boolean {
    return this._busy;
  }

  /** Returns the available profiles. */
  get profiles(): readonly IProfile[] {
    return this._profiles;
  }

  offer(profiles: readonly IProfile[]): void {
    this._profiles = profiles;
    this._propose();
  }

  /** Preselects the run's own profile unless the user has chosen one. */
  propose(profile: string): void {
    this._proposed = profile;
    this._propose();
  }

  setProfile(profile: string): void {
    this._chosen = true;
    this._profile = profile;
    this._changed.emit();
  }

  /** Requests the fastest size unless a request was made already. */
  async askFirst(): Promise<void> {
    const question = questionOf(this.runId, 'fastest', '', {}, this._profile);
    if (question && this._turn === 0) {
      await this.ask(question);
    }
  }

  /** Requests a recommendation; only the latest request counts. */
  async ask(question: ISizingQuestion): Promise<void> {
    const turn = ++this._turn;
    this._busy = true;
    this._changed.emit();
    let advice: ISizing | null = null;
    let error: string | null = null;
    try {
      advice = await this._runs.size(question);
    } catch (reason) {
      error = reason instanceof Error ? reason.message : String(reason);
    }
    if (turn === this._turn) {
      this._advice = advice;
      this._askedProfile = question.profile ?? '';
      this._amount = advice ? advice.amount : this._amount;
      this._error = error;
      this._busy = false;
      this._changed.emit();
    }
  }

  private _propose(): void {
    const there = this._profiles.some(({ name }) => name === this._proposed);
    if (there && !this._chosen) {
      this._profile = this._proposed;
    }
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _profiles: readonly IProfile[] = [];
  private _proposed = '';
  private _chosen = false;
  private _advice: ISizing | null = null;
  private _amount: readonly [string, number] | null = null;
  private _profile = '';
  private _askedProfile = '';
  private _error: string | null = null;
  private _busy = false;
  private _turn = 0;
}
