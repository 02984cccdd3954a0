import type { TranslationBundle } from '@jupyterlab/translation';
import {
  ILoop,
  IPhases,
  IRunError,
  IRunRecord,
  IRunSummary,
  Phase,
  Stage,
  STAGES,
  Status
} from '../api';
import { formatChange, formatCount, formatDuration } from '../shared/format';
import { lastPhase, segmentsOf } from './segments';

/** Returns the display name of a phase. */
export function phaseName(phase: Phase, trans: TranslationBundle): string {
  switch (phase) {
    case 'pre':
      return trans.__('pre');
    case 'dask':
      return trans.__('dask');
    case 'between':
      return trans.__('between');
    case 'post':
      return trans.__('post');
  }
}

export function stageName(stage: Stage, trans: TranslationBundle): string {
  switch (stage) {
    case 'submit':
      return trans.__('submit');
    case 'wait':
      return trans.__('wait');
    case 'compute':
      return trans.__('compute');
    case 'gather':
      return trans.__('gather');
  }
}

export function statusName(status: Status, trans: TranslationBundle): string {
  switch (status) {
    case 'running':
      return trans.__('running');
    case 'ok':
      return trans.__('done');
    case 'failed':
      return trans.__('failed');
    case 'interrupted':
      return trans.__('interrupted');
  }
}

/** Returns the stage times summed over all loops. */
export function stageSeconds(
  loops: readonly ILoop[]
): ReadonlyMap<Stage, number> {
  return new Map(
    STAGES.map(stage => [
      stage,
      loops.reduce((sum, loop) => sum + loop.stages[`${stage}_seconds`], 0)
    ])
  );
}

/** Formats phases as `pre 4.10 s, dask 2 min 2 s, post 9.80 s`. */
export function formatPhases(
  phases: IPhases | null,
  trans: TranslationBundle
): string {
  return segmentsOf(phases)
    .map(
      segment =>
        `${phaseName(segment.phase, trans)} ${formatDuration(segment.seconds)}`
    )
    .join(', ');
}

/** Returns the tooltip of a phase: exact seconds, and stages for dask. */
export function phaseTooltip(
  phase: Phase,
  seconds: number,
  loops: readonly ILoop[],
  trans: TranslationBundle
): string {
  const head = trans.__(
    '%1: %2 s',
    phaseName(phase, trans),
    seconds.toFixed(3)
  );
  if (phase !== 'dask' || loops.length === 0) {
    return head;
  }
  const stages = [...stageSeconds(loops)].map(
    ([stage, value]) =>
      `  ${trans.__('%1: %2 s', stageName(stage, trans), value.toFixed(3))}`
  );
  const count = trans._n('%1 dask loop', '%1 dask loops', loops.length);
  return [head, ...stages, count].join('\n');
}

/** Formats `980 tasks`, or `980 tasks (2 failed)`. */
export function formatTasks(
  tasks: number,
  failed: number,
  trans: TranslationBundle
): string {
  const all =
    tasks === 1 ? trans.__('1 task') : trans.__('%1 tasks', formatCount(tasks));
  return failed > 0
    ? trans.__('%1 (%2 failed)', all, formatCount(failed))
    : all;
}

/** Whether it is known where a run's tasks ran; it is not while it runs or if its kernel died. */
export function isPlaceKnown(
  run: Pick<IRunSummary | IRunRecord, 'status' | 'phases'>
): boolean {
  return (
    run.status !== 'running' &&
    (run.status !== 'interrupted' || run.phases !== null)
  );
}

export function formatWorkers(
  workers: number,
  trans: TranslationBundle
): string {
  return trans._n('%1 worker', '%1 workers', workers);
}

/** The fields of a record or summary that describe a failed or interrupted run. */
export interface IFailure {
  readonly status: Status;
  readonly wall_seconds: number | null;
  readonly phases: IPhases | null;
  readonly error: IRunError | null;
  readonly failed_tasks?: number;
  readonly loops?: readonly { readonly failed_tasks: number }[];
}

/** Returns the number of failed tasks in all loops. */
export function failedTasks(
  loops: readonly { readonly failed_tasks: number }[]
): number {
  return loops.reduce((sum, loop) => sum + loop.failed_tasks, 0);
}

/** Returns the phase in which a run failed or was interrupted. */
export function phaseOfFailure(run: IFailure): Phase | null {
  return lastPhase(
    run.phases,
    run.failed_tasks ?? failedTasks(run.loops ?? [])
  );
}

/** Formats `failed after 16.1 s in dask: ZeroDivisionError`. */
export function formatFailure(run: IFailure, trans: TranslationBundle): string {
  const phase = phaseOfFailure(run);
  const failed = run.status === 'failed';
  const what = failed ? trans.__('failed') : trans.__('interrupted');
  const wall = formatDuration(run.wall_seconds);
  const after =
    phase === null
      ? trans.__('%1 after %2', what, wall)
      : trans.__('%1 after %2 in %3', what, wall, phaseName(phase, trans));
  return run.error && failed ? `${after}: ${run.error.type}` : after;
}

export function describeChange(
  ratio: number,
  trans: TranslationBundle
): string {
  const percent = formatChange(ratio);
  if (Math.round(ratio * 100) === 0) {
    return trans.__('Same time as the previous run of this code (%1)', percent);
  }
  return ratio < 0
    ? trans.__('Faster than the previous run of this code (%1)', percent)
    : trans.__('Slower than the previous run of this code (%1)', percent);
}

/** Describes pods of other clusters on a run's nodes. */
export function formatPods(count: number, trans: TranslationBundle): string {
  return trans._n(
    '%1 pod of other clusters ran on its nodes',
    '%1 pods of other clusters ran on its nodes',
    count
  );
}

/** Describes whether a run had exclusive use of its cluster and nodes; empty if unknown. */
export function formatAlone(
  run: Pick<IRunRecord, 'alone' | 'other_pods'>,
  trans: TranslationBundle
): string {
  const seen = [
    ...(run.alone === false ? [trans.__('others used the cluster')] : []),
    ...(run.other_pods ? [formatPods(run.other_pods, trans)] : [])
  ];
  if (seen.length) {
    return trans.__('no: %1', seen.join(', '));
  }
  return run.alone ? trans.__('yes') : '';
}

/** Returns the sentence that screen readers announce for a run. */
export function runInOneSentence(
  run: IRunRecord,
  trans: TranslationBundle
): string {
  if (run.status === 'failed' || run.status === 'interrupted') {
    return trans.__('Run %1 %2.', run.name, formatFailure(run, trans));
  }
  const words = formatPhases(run.phases, trans);
  const took = formatDuration(run.wall_seconds);
  return words
    ? trans.__('Run %1 took %2: %3.', run.name, took, words)
    : trans.__('Run %1 took %2.', run.name, took);
}

/** Returns a run's tooltip: exact seconds of every phase and stage. */
export function runHint(run: IRunRecord, trans: TranslationBundle): string {
  const phases = segmentsOf(run.phases).map(({ phase, seconds }) =>
    phaseTooltip(phase, seconds, run.loops, trans)
  );
  const wall = trans.__('wall: %1 s', run.wall_seconds.toFixed(3));
  return [run.name, ...phases, wall].join('\n');
}
