import { ISignal, Signal } from '@lumino/signaling';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { GoalName, ISizing, ISizingQuestion } from '../api';
import type { IRuns } from '../tokens';
import { formatDuration, formatShare } from './format';

/** Of what `draft` is the number, and in which unit the user says it. */
export const GOAL_UNITS: Readonly<Record<GoalName, string>> = {
  finish_within_seconds: 's',
  efficiency: '%',
  fastest: '',
  core_hours: 'h'
};

/** The question that a user has put together; null while the number is none. */
export function questionOf(
  runId: string,
  goal: GoalName,
  draft: string,
  workload: Readonly<Record<string, number>>
): ISizingQuestion | null {
  const asked = {
    runs: [runId],
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

function limitInWords(limitedBy: string, trans: TranslationBundle): string {
  switch (limitedBy) {
    case 'tasks':
      return trans.__('more workers would find no task');
    case 'serial':
      return trans.__('more workers would not be faster');
    case 'longest-task':
      return trans.__('the longest task takes as long');
    case 'profile':
      return trans.__('more are not offered');
    case 'quota':
      return trans.__('more are not left to you');
    default:
      return '';
  }
}

/** The advice in a sentence. */
export function sizingInWords(
  advice: ISizing,
  trans: TranslationBundle
): string {
  const why = limitInWords(advice.limitedBy, trans);
  const sentence = trans.__(
    '%1: about %2 (%3 to %4), %5 efficient, %6 core hours',
    trans._n('1 worker', '%1 workers', advice.workers),
    formatDuration(advice.expectedSeconds),
    formatDuration(advice.lowSeconds),
    formatDuration(advice.highSeconds),
    formatShare(advice.efficiency),
    String(Number(advice.coreHours.toPrecision(3)))
  );
  return why ? `${sentence}; ${why}.` : `${sentence}.`;
}

/** From what the advice follows. */
export function evidenceInWords(
  advice: ISizing,
  trans: TranslationBundle
): string {
  const runs = trans._n('From 1 run', 'From %1 runs', advice.evidence.length);
  const laws: Readonly<Record<string, string>> = {
    'universal-scalability': trans.__('the Universal Scalability Law'),
    amdahl: trans.__('Amdahl’s law'),
    'work-conservation': trans.__('conservation of work')
  };
  return trans.__(
    '%1, by %2; %3 of it does not scale with workers.',
    runs,
    laws[advice.law] ?? advice.law,
    formatDuration(advice.fixedSeconds)
  );
}

/** Advice for the next run of one run's code, as far as it was asked for. */
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

  /** The figure by which work is measured and how much was asked for, once the server has said so. */
  get amount(): readonly [string, number] | null {
    return this._amount;
  }

  get error(): string | null {
    return this._error;
  }

  get isBusy(): boolean {
    return this._busy;
  }

  /** Ask; of several questions the last one counts. */
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
      this._amount = advice ? advice.amount : this._amount;
      this._error = error;
      this._busy = false;
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _advice: ISizing | null = null;
  private _amount: readonly [string, number] | null = null;
  private _error: string | null = null;
  private _busy = false;
  private _turn = 0;
}
