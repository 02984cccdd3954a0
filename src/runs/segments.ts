import { IPhases, Phase, PHASES } from '../api';

/** One stretch of a phase bar. */
export interface ISegment {
  readonly phase: Phase;
  readonly seconds: number;
  /** Its share of the wall time, 0 to 1. */
  readonly share: number;
}

/** Seconds of one phase. */
export function phaseSeconds(phases: IPhases, phase: Phase): number {
  return phases[`${phase}_seconds`];
}

/** The phases that took any time, in order, with their shares. */
export function segmentsOf(phases: IPhases | null): readonly ISegment[] {
  if (!phases) {
    return [];
  }
  const total = PHASES.reduce((sum, p) => sum + phaseSeconds(phases, p), 0);
  return PHASES.map(phase => {
    const seconds = phaseSeconds(phases, phase);
    return { phase, seconds, share: total > 0 ? seconds / total : 0 };
  }).filter(segment => segment.seconds > 0);
}

/** A failed task's error is raised this soon after its loop has ended. */
const RAISED_SECONDS = 0.05;

/** The phase a run was in when it stopped: the last that took any time. */
export function lastPhase(
  phases: IPhases | null,
  failedTasks = 0
): Phase | null {
  if (!phases) {
    return null;
  }
  if (phases.post_seconds > (failedTasks > 0 ? RAISED_SECONDS : 0)) {
    return 'post';
  }
  if (phases.dask_seconds > 0) {
    return 'dask';
  }
  return 'pre';
}
