import type { TranslationBundle } from '@jupyterlab/translation';
import type { ClusterState, ICluster, IOption, IProfile, IStep } from '../api';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatSpan
} from '../shared/format';
import { formatOption } from './options';

const MINUTE = 60;
const COUNT = /^\d+ (of|\/) \d+ workers?$/;
/** Default time before the idle timeout at which a warning is shown. */
const WARN_SECONDS = 10 * MINUTE;

export function stateName(
  state: ClusterState,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'starting':
      return trans.__('starting');
    case 'ready':
      return trans.__('ready');
    case 'closing':
      return trans.__('closing');
    case 'failed':
      return trans.__('failed');
    case 'unreachable':
      return trans.__('unreachable');
  }
}

export function kindName(kind: string, trans: TranslationBundle): string {
  switch (kind) {
    case 'kubernetes':
      return trans.__('Kubernetes');
    case 'process':
      return trans.__('process');
    case 'address':
      return trans.__('attached');
    default:
      return kind;
  }
}

/** Formats a cluster's profile label and site. */
export function formatPlace(
  cluster: ICluster,
  profile: IProfile | null,
  trans: TranslationBundle
): string {
  const kind = profile?.label ?? cluster.profile;
  const place = kind ?? kindName(cluster.kind, trans);
  return cluster.site ? `${place} · ${cluster.site}` : place;
}

/** Formats `8/10 workers` or `8 workers`, with bounds if adaptive. */
export function workersOf(cluster: ICluster, trans: TranslationBundle): string {
  const { asked, ready, minimum, maximum } = cluster.workers;
  const count =
    asked === ready
      ? trans._n('%1 worker', '%1 workers', ready)
      : trans.__('%1/%2 workers', formatCount(ready), formatCount(asked));
  return minimum === null || maximum === null
    ? count
    : trans.__('%1, adapts %2 to %3', count, minimum, maximum);
}

/** Returns when the countdown begins: 10 minutes before, or 10 % of a short timeout. */
export function idleWarning(profile: IProfile | null): number {
  const limit = profile?.idle_seconds ?? null;
  return limit === null || limit > 2 * WARN_SECONDS ? WARN_SECONDS : limit / 10;
}

/** State of a cluster's idle timeout. */
export interface IIdle {
  readonly seconds: number;
  /** Whether the end is near, so that Extend is offered. */
  readonly isNear: boolean;
}

export function idleOf(
  cluster: ICluster,
  profile: IProfile | null,
  now: number
): IIdle | null {
  if (cluster.idle_stop_at === null || cluster.state !== 'ready') {
    return null;
  }
  const seconds = Math.max(0, cluster.idle_stop_at - now);
  return { seconds, isNear: seconds <= idleWarning(profile) };
}

/** Returns facts such as `10 cores · 20 GiB · 312 tasks · 3 min`. */
export function factsOf(
  cluster: ICluster,
  now: number,
  trans: TranslationBundle
): readonly string[] {
  const facts: string[] = [];
  if (cluster.cores > 0) {
    facts.push(
      cluster.cores === 1
        ? trans.__('1 core')
        : trans.__('%1 cores', formatCount(cluster.cores))
    );
  }
  if (cluster.memory_bytes > 0) {
    facts.push(formatBytes(cluster.memory_bytes));
  }
  if (cluster.tasks) {
    facts.push(tasksOf(cluster.tasks, trans));
  }
  facts.push(formatSpan(now - cluster.created_at));
  return facts;
}

function tasksOf(tasks: number, trans: TranslationBundle): string {
  return tasks === 1
    ? trans.__('1 task')
    : trans.__('%1 tasks', formatCount(tasks));
}

export function stepName(step: IStep, trans: TranslationBundle): string {
  switch (step.name) {
    case 'host':
      return trans.__('host');
    case 'resource':
      return trans.__('resource');
    case 'scheduler':
      return trans.__('scheduler');
    case 'service':
      return trans.__('service');
    case 'workers':
      return trans.__('workers');
    default:
      return step.name;
  }
}

/** Returns what a cluster waits for: its reason, or else the current step. */
export function waitingFor(
  cluster: ICluster,
  trans: TranslationBundle
): string {
  if (cluster.reason) {
    return cluster.reason;
  }
  const step =
    cluster.steps.find(({ state }) => state === 'failed') ??
    cluster.steps.find(({ state }) => state === 'running');
  if (step) {
    // The worker count of a ready cluster is shown already.
    const said = cluster.state === 'ready' && COUNT.test(step.detail);
    return said ? '' : step.detail;
  }
  return cluster.state === 'starting' && cluster.steps.length === 0
    ? trans.__('waiting for the server')
    : '';
}

const formatUsual = (seconds: number) =>
  seconds < 10 ? formatDuration(seconds) : formatSpan(seconds);

/** Formats `37 s (usually 40 s)`. */
export function formatElapsed(
  cluster: ICluster,
  now: number,
  trans: TranslationBundle
): string {
  const elapsed = formatClock(now - cluster.created_at);
  const { usual_start_seconds } = cluster;
  return usual_start_seconds === null
    ? elapsed
    : trans.__('%1 (usually %2)', elapsed, formatUsual(usual_start_seconds));
}

/** Describes what closing would discard; empty if nothing. */
export function formatLoss(
  cluster: ICluster,
  trans: TranslationBundle
): string {
  if (cluster.state !== 'ready' || !cluster.tasks) {
    return '';
  }
  const tasks = tasksOf(cluster.tasks, trans);
  return trans.__('%1 is running %2.', cluster.name, tasks);
}

/** Returns the sentence for screen readers. */
export function formatCluster(
  cluster: ICluster,
  profile: IProfile | null,
  now: number,
  trans: TranslationBundle
): string {
  const parts = [
    cluster.name,
    formatPlace(cluster, profile, trans),
    stateName(cluster.state, trans),
    cluster.state === 'ready' ? '' : cluster.reason,
    workersOf(cluster, trans),
    ...factsOf(cluster, now, trans)
  ];
  return parts.filter(part => part).join(', ');
}

/** Describes a profile's defaults: `2 workers, each 1 core, 2 GiB`. */
export function formatDefaults(
  profile: IProfile,
  trans: TranslationBundle
): string {
  const said = (option: IOption) =>
    option.unit || option.type === 'memory'
      ? formatOption(option, option.default)
      : `${option.label}: ${option.default}`;
  const { workers, ...rest } = profile.options;
  const each = Object.entries(rest)
    .filter(([name, { type }]) => name === 'cores' || type === 'memory')
    .map(([, option]) => said(option))
    .join(', ');
  return workers && each
    ? trans.__('%1, each %2', said(workers), each)
    : workers
      ? said(workers)
      : each;
}
