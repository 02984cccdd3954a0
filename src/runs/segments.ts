import { IPhases, Phase, PHASES } from '../api';

/** A segment of a phase bar. */
export interface ISegment {
  readonly phase: Phase;
  readonly seconds: number;
  /** Its share of the wall time, 0 to 1. */
  readonly share: number;
}

/** Returns the seconds of a phase. */
export function phaseSeconds(phases: IPhases, phase: Phase): number {
  return phases[`${phase}_seconds`];
}

/** Returns the phases that took time, in order, with their shares. */
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

/** The error of a failed task is raised within this time after the end of its loop. */
const RAISED_SECONDS = 0.05;

/** Returns the phase in which a run stopped: the last that took time. */
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
