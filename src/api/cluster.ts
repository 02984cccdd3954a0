import {
  asNumber,
  asObject,
  asString,
  booleanOr,
  isObject,
  listOf,
  numberOr,
  stringOr,
  stringsOf
} from './guards';

export const CLUSTER_STATES = [
  'starting',
  'ready',
  'closing',
  'failed',
  'unreachable'
] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

export const STEP_STATES = ['waiting', 'running', 'done', 'failed'] as const;
export type StepState = (typeof STEP_STATES)[number];

/** One step of a cluster start, and what it is waiting for. */
export interface IStep {
  readonly name: string;
  readonly state: StepState;
  readonly detail: string;
}

/** Requested and ready workers, with bounds if the cluster is adaptive. */
export interface IWorkerCount {
  readonly asked: number;
  readonly ready: number;
  readonly minimum: number | null;
  readonly maximum: number | null;
}

/** A cluster that exists, is starting, or failed to start. */
export interface ICluster {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly profile: string | null;
  readonly owner: string | null;
  readonly created_by: 'hrlab' | 'other';
  readonly mine: boolean;
  readonly state: ClusterState;
  readonly reason: string;
  readonly since_at: number;
  readonly steps: readonly IStep[];
  readonly workers: IWorkerCount;
  readonly cores: number;
  readonly memory_bytes: number;
  readonly tasks: number | null;
  readonly scheduler_address: string | null;
  readonly dashboard_path: string | null;
  readonly created_at: number;
  readonly idle_stop_at: number | null;
  readonly usual_start_seconds: number | null;
  readonly site: string | null;
  readonly versions: Readonly<Record<string, string>>;
}

/** All clusters, and why those of some backend cannot be listed. */
export interface IClusterSnapshot {
  readonly clusters: readonly ICluster[];
  readonly problems: readonly string[];
}

/** The last lines of a cluster's logs, by component. */
export type ClusterLogs = Readonly<Record<string, string>>;

function oneOf<T extends string>(
  value: unknown,
  known: readonly T[],
  otherwise: T
): T {
  return known.find(item => item === value) ?? otherwise;
}

function readStep(value: unknown): IStep | null {
  if (!isObject(value) || typeof value.name !== 'string') {
    return null;
  }
  return {
    name: value.name,
    state: oneOf(value.state, STEP_STATES, 'waiting'),
    detail: stringOr(value.detail, '')
  };
}

function readWorkers(value: unknown): IWorkerCount {
  const data = isObject(value) ? value : {};
  return {
    asked: numberOr(data.asked, 0),
    ready: numberOr(data.ready, 0),
    minimum: numberOr(data.minimum, null),
    maximum: numberOr(data.maximum, null)
  };
}

export function readCluster(value: unknown): ICluster {
  const data = asObject(value, 'cluster');
  const created_at = asNumber(data.created_at, 'cluster.created_at');
  return {
    id: asString(data.id, 'cluster.id'),
    name: asString(data.name, 'cluster.name'),
    kind: stringOr(data.kind, ''),
    profile: stringOr(data.profile, null),
    owner: stringOr(data.owner, null),
    created_by: oneOf(data.created_by, ['hrlab', 'other'], 'other'),
    mine: booleanOr(data.mine, false),
    state: oneOf(data.state, CLUSTER_STATES, 'unreachable'),
    reason: stringOr(data.reason, ''),
    since_at: numberOr(data.since_at, created_at),
    steps: listOf(data.steps, readStep),
    workers: readWorkers(data.workers),
    cores: numberOr(data.cores, 0),
    memory_bytes: numberOr(data.memory_bytes, 0),
    tasks: numberOr(data.tasks, null),
    scheduler_address: stringOr(data.scheduler_address, null),
    dashboard_path: stringOr(data.dashboard_path, null),
    created_at,
    idle_stop_at: numberOr(data.idle_stop_at, null),
    usual_start_seconds: numberOr(data.usual_start_seconds, null),
    site: stringOr(data.site, null),
    versions: stringsOf(data.versions)
  };
}

/** Reads one cluster of a list; an invalid one must not hide the others. */
function readListed(value: unknown): ICluster {
  const data = asObject(value, 'cluster');
  const name = stringOr(data.name, asString(data.id, 'cluster.id'));
  const created_at = numberOr(data.created_at, 0);
  return readCluster({ ...data, name, created_at });
}

export function readClusters(value: unknown): IClusterSnapshot {
  const data = asObject(value, 'clusters');
  return {
    clusters: listOf(data.clusters, readListed),
    problems: listOf(data.problems, problem =>
      isObject(problem) ? stringOr(problem.reason, null) : null
    )
  };
}

export function readLogs(value: unknown): ClusterLogs {
  return stringsOf(asObject(value, 'logs').logs);
}
