import {
  asNumber,
  asObject,
  asString,
  isObject,
  numberOr,
  stringOr
} from './guards';
import {
  IPhases,
  Phase,
  PHASES,
  readPhases,
  readStatus,
  Status
} from './phases';

/** Target name of the comm that a kernel opens when a run starts. */
export const PROGRESS_TARGET = 'hrlab.progress.v1';

export interface IProgressStart {
  readonly run_id: string;
  readonly name: string;
  readonly cell_id: string | null;
  /** The beginning of the cell's source, if its id is unknown. */
  readonly code: string | null;
  readonly started_at: number;
  readonly usual_seconds: number | null;
  readonly index: number | null;
  readonly count: number | null;
  readonly notebook: string | null;
}

export interface IProgress {
  readonly run_id: string;
  readonly cell_id: string | null;
  readonly code: string | null;
  readonly elapsed_seconds: number;
  readonly phase: Phase;
  readonly phases: IPhases | null;
  readonly tasks_done: number;
  readonly tasks_all: number;
  readonly workers: number;
  readonly threads: number;
}

export interface IProgressEnd {
  readonly run_id: string;
  readonly status: Status;
  readonly wall_seconds: number | null;
  readonly cell_id: string | null;
}

export function readProgressStart(value: unknown): IProgressStart {
  const data = asObject(value, 'start of a run');
  return {
    run_id: asString(data.run_id, 'run_id'),
    name: stringOr(data.name, ''),
    cell_id: stringOr(data.cell_id, null),
    code: stringOr(data.code, null),
    started_at: numberOr(data.started_at, 0),
    usual_seconds: numberOr(data.usual_seconds, null),
    index: numberOr(data.index, null),
    count: numberOr(data.count, null),
    notebook: stringOr(data.notebook, null)
  };
}

export function readProgress(value: unknown): IProgress {
  const data = asObject(value, 'progress');
  const tasks = isObject(data.tasks) ? data.tasks : {};
  return {
    run_id: asString(data.run_id, 'run_id'),
    cell_id: stringOr(data.cell_id, null),
    code: stringOr(data.code, null),
    elapsed_seconds: asNumber(data.elapsed_seconds, 'elapsed_seconds'),
    phase: PHASES.find(phase => phase === data.phase) ?? 'pre',
    phases: readPhases(data.phases),
    tasks_done: numberOr(tasks.done, 0),
    tasks_all: numberOr(tasks.all, 0),
    workers: numberOr(data.workers, 0),
    threads: numberOr(data.threads, 0)
  };
}

export function readProgressEnd(value: unknown): IProgressEnd {
  const data = asObject(value, 'end of a run');
  return {
    run_id: asString(data.run_id, 'run_id'),
    status: readStatus(data.status),
    wall_seconds: numberOr(data.wall_seconds, null),
    cell_id: stringOr(data.cell_id, null)
  };
}
