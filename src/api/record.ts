import type { PartialJSONObject } from '@lumino/coreutils';
import {
  asNumber,
  asObject,
  asString,
  booleanOr,
  isObject,
  listOf,
  numberOr,
  numbersOf,
  stringOr,
  stringsOf
} from './guards';
import {
  IPhases,
  IRunError,
  IStages,
  readError,
  readPhases,
  readStages,
  readStatus,
  Status
} from './phases';
import { IResources, readResources } from './resources';

/** MIME type of a record in a cell's output. */
export const RUN_MIME = 'application/vnd.hrlab.run+json';

export interface ILoop {
  readonly start_seconds: number;
  readonly stop_seconds: number;
  readonly cluster: number | null;
  readonly tasks: number;
  readonly failed_tasks: number;
  readonly left_unfinished: number;
  readonly stages: IStages;
}

export interface IMark {
  readonly label: string;
  readonly phase: string | null;
  readonly start_seconds: number;
  readonly stop_seconds: number;
}

export interface ICellSpan {
  readonly cell_id: string | null;
  readonly execution_count: number | null;
  readonly start_seconds: number;
  readonly stop_seconds: number;
}

export interface IGroup {
  readonly name: string;
  readonly tasks: number;
  readonly failed_tasks: number;
  readonly compute_seconds: number;
  readonly longest_seconds: number;
  readonly output_bytes: number;
  /** Accurate to 10 %. */
  readonly median_seconds: number | null;
}

export interface IClusterSeen {
  readonly id: string | null;
  readonly name: string;
  readonly profile: string | null;
  readonly scheduler_address: string | null;
  readonly dask_version: string | null;
  readonly memory_bytes: number | null;
  readonly uncertainty_seconds: number | null;
  readonly workers_peak: number | null;
  readonly workers_average: number | null;
  readonly threads_peak: number | null;
  readonly workers_lost: number | null;
}

export interface IRunWarning {
  readonly code: string;
  readonly message: string;
}

export interface IRunSource {
  readonly kind: string;
  readonly notebook: string | null;
  readonly code: string;
  readonly code_sha256: string;
}

export interface IInput {
  readonly name: string;
  readonly bytes: number | null;
}

/** The parts of a run's record used by the front end; `raw` is the complete record. */
export interface IRunRecord {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly error: IRunError | null;
  readonly started_at: number;
  readonly wall_seconds: number;
  readonly phases: IPhases | null;
  readonly loops: readonly ILoop[];
  readonly marks: readonly IMark[];
  readonly cells: readonly ICellSpan[];
  readonly idle_dask_seconds: number;
  readonly groups: readonly IGroup[];
  readonly activities: Readonly<Record<string, number>>;
  readonly coverage: number | null;
  readonly clusters: readonly IClusterSeen[];
  readonly approach: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly note: string;
  readonly workload: Readonly<Record<string, number>>;
  readonly inputs: readonly IInput[];
  readonly cold: boolean | null;
  readonly alone: boolean | null;
  readonly other_pods: number | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly source: IRunSource;
  readonly warnings: readonly IRunWarning[];
  readonly resources: IResources | null;
  readonly raw: PartialJSONObject;
}

function readLoop(value: unknown): ILoop {
  const data = asObject(value, 'loop');
  return {
    start_seconds: asNumber(data.start_seconds, 'loop.start_seconds'),
    stop_seconds: asNumber(data.stop_seconds, 'loop.stop_seconds'),
    cluster: numberOr(data.cluster, null),
    tasks: numberOr(data.tasks, 0),
    failed_tasks: numberOr(data.failed_tasks, 0),
    left_unfinished: numberOr(data.left_unfinished, 0),
    stages: readStages(data.stages)
  };
}

function readMark(value: unknown): IMark | null {
  return isObject(value)
    ? {
        label: stringOr(value.label, ''),
        phase: stringOr(value.phase, null),
        start_seconds: numberOr(value.start_seconds, 0),
        stop_seconds: numberOr(value.stop_seconds, 0)
      }
    : null;
}

function readCell(value: unknown): ICellSpan | null {
  return isObject(value)
    ? {
        cell_id: stringOr(value.cell_id, null),
        execution_count: numberOr(value.execution_count, null),
        start_seconds: numberOr(value.start_seconds, 0),
        stop_seconds: numberOr(value.stop_seconds, 0)
      }
    : null;
}

function readGroup(value: unknown): IGroup | null {
  return isObject(value)
    ? {
        name: stringOr(value.name, ''),
        tasks: numberOr(value.tasks, 0),
        failed_tasks: numberOr(value.failed_tasks, 0),
        compute_seconds: numberOr(value.compute_seconds, 0),
        longest_seconds: numberOr(value.longest_seconds, 0),
        output_bytes: numberOr(value.output_bytes, 0),
        median_seconds: numberOr(value.median_seconds, null)
      }
    : null;
}

function readCluster(value: unknown): IClusterSeen | null {
  if (!isObject(value)) {
    return null;
  }
  const workers = isObject(value.workers) ? value.workers : {};
  const clock = isObject(value.clock) ? value.clock : {};
  return {
    id: stringOr(value.id, null),
    name: stringOr(value.name, ''),
    profile: stringOr(value.profile, null),
    scheduler_address: stringOr(value.scheduler_address, null),
    dask_version: stringOr(value.dask_version, null),
    memory_bytes: numberOr(value.memory_bytes, null),
    uncertainty_seconds: numberOr(clock.uncertainty_seconds, null),
    workers_peak: numberOr(workers.peak, null),
    workers_average: numberOr(workers.time_average, null),
    threads_peak: numberOr(workers.threads_peak, null),
    workers_lost: numberOr(workers.lost, null)
  };
}

function readWarning(value: unknown): IRunWarning | null {
  return isObject(value)
    ? {
        code: stringOr(value.code, 'unknown'),
        message: stringOr(value.message, '')
      }
    : null;
}

function readInput(value: unknown): IInput | null {
  return isObject(value)
    ? { name: stringOr(value.name, ''), bytes: numberOr(value.bytes, null) }
    : null;
}

function readSource(value: unknown): IRunSource {
  const data = isObject(value) ? value : {};
  return {
    kind: stringOr(data.kind, 'cell'),
    notebook: stringOr(data.notebook, null),
    code: stringOr(data.code, ''),
    code_sha256: stringOr(data.code_sha256, '')
  };
}

/** Parses a record of any released version; throws `WireError` otherwise. */
export function readRecord(value: unknown): IRunRecord {
  const data = asObject(value, 'run');
  return {
    id: asString(data.id, 'run.id'),
    name: asString(data.name, 'run.name'),
    status: readStatus(data.status),
    error: readError(data.error),
    started_at: asNumber(data.started_at, 'run.started_at'),
    wall_seconds: numberOr(data.wall_seconds, 0),
    phases: readPhases(data.phases),
    loops: listOf(data.loops, readLoop),
    marks: listOf(data.marks, readMark),
    cells: listOf(data.cells, readCell),
    idle_dask_seconds: numberOr(data.idle_dask_seconds, 0),
    groups: listOf(data.groups, readGroup),
    activities: numbersOf(data.activities),
    coverage: numberOr(data.coverage, null),
    clusters: listOf(data.clusters, readCluster),
    approach: stringOr(data.approach, null),
    labels: stringsOf(data.labels),
    note: stringOr(data.note, ''),
    workload: numbersOf(data.workload),
    inputs: listOf(data.inputs, readInput),
    cold: booleanOr(data.cold, null),
    alone: booleanOr(data.alone, null),
    other_pods: numberOr(data.other_pods, null),
    environment: stringsOf(data.environment),
    source: readSource(data.source),
    warnings: listOf(data.warnings, readWarning),
    resources: readResources(data.resources),
    raw: data as PartialJSONObject
  };
}
