import {
  asNumber,
  asObject,
  asString,
  isObject,
  listOf,
  numberOr,
  stringOr,
  stringsOf,
  textOrNull
} from './guards';
import {
  IPhases,
  IRunError,
  readError,
  readPhases,
  readStatus,
  Status
} from './phases';

/** Change of a run against the previous run of the same code. */
export interface IChange {
  readonly previous_id: string;
  /** Wall time divided by the previous wall time, minus one. */
  readonly ratio: number;
}

/** A run as shown in a list. */
export interface IRunSummary {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly error: IRunError | null;
  readonly started_at: number;
  readonly wall_seconds: number | null;
  readonly phases: IPhases | null;
  readonly approach: string | null;
  readonly tasks: number;
  readonly failed_tasks: number;
  readonly workers_peak: number | null;
  readonly threads_peak: number | null;
  readonly clusters: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly note: string;
  readonly notebook: string | null;
  readonly code_sha256: string | null;
  readonly warnings: readonly string[];
  readonly change: IChange | null;
}

/** One page of a list of runs. */
export interface IRunPage {
  readonly runs: readonly IRunSummary[];
  readonly total: number;
  readonly seq: number;
  /** Warning that runs would be lost with the server, and the remedy; empty if there is none. */
  readonly storage_warning: string;
}

function readChange(value: unknown): IChange | null {
  if (!isObject(value)) {
    return null;
  }
  const ratio = numberOr(value.ratio, null);
  return ratio === null
    ? null
    : { previous_id: stringOr(value.previous_id, ''), ratio };
}

export function readSummary(value: unknown): IRunSummary {
  const data = asObject(value, 'summary');
  return {
    id: asString(data.id, 'summary.id'),
    name: asString(data.name, 'summary.name'),
    status: readStatus(data.status),
    error: readError(data.error),
    started_at: asNumber(data.started_at, 'summary.started_at'),
    wall_seconds: numberOr(data.wall_seconds, null),
    phases: readPhases(data.phases),
    approach: stringOr(data.approach, null),
    tasks: numberOr(data.tasks, 0),
    failed_tasks: numberOr(data.failed_tasks, 0),
    workers_peak: numberOr(data.workers_peak, null),
    threads_peak: numberOr(data.threads_peak, null),
    clusters: listOf(data.clusters, textOrNull),
    labels: stringsOf(data.labels),
    note: stringOr(data.note, ''),
    notebook: stringOr(data.notebook, null),
    code_sha256: stringOr(data.code_sha256, null),
    warnings: listOf(data.warnings, textOrNull),
    change: readChange(data.change)
  };
}

/** Reads one run of a list; an invalid one becomes a row that says so and does not hide the others. */
function readRow(value: unknown): IRunSummary | null {
  if (!isObject(value) || typeof value.id !== 'string') {
    return null;
  }
  const name = stringOr(value.name, value.id);
  const read = readSummary({ ...value, name, started_at: 0 });
  return { ...read, started_at: numberOr(value.started_at, NaN) };
}

export function readPage(value: unknown): IRunPage {
  const data = asObject(value, 'page of runs');
  return {
    runs: listOf(data.runs, readRow),
    total: asNumber(data.total, 'total'),
    seq: numberOr(data.seq, 0),
    storage_warning: stringOr(data.storage_warning, '')
  };
}
