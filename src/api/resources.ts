import { isObject, listOf, numberOr } from './guards';

/** Peak use of a single worker of one cluster; the server keeps and draws the time series. */
export interface IClusterUse {
  readonly cluster: number;
  readonly worker_memory_peak_bytes: number | null;
  readonly worker_memory_limit_bytes: number | null;
  readonly worker_memory_peak_share: number | null;
}

/** The parts of a run's hardware use read by the front end. */
export interface IResources {
  readonly interval_seconds: number;
  readonly points: number;
  readonly clusters: readonly IClusterUse[];
  readonly kernel_cpu_seconds: number | null;
  readonly kernel_memory_peak_bytes: number | null;
}

function readUse(value: unknown): IClusterUse | null {
  return isObject(value)
    ? {
        cluster: numberOr(value.cluster, 0),
        worker_memory_peak_bytes: numberOr(
          value.worker_memory_peak_bytes,
          null
        ),
        worker_memory_limit_bytes: numberOr(
          value.worker_memory_limit_bytes,
          null
        ),
        worker_memory_peak_share: numberOr(value.worker_memory_peak_share, null)
      }
    : null;
}

/** Reads a record's hardware use; null if nothing was sampled. */
export function readResources(value: unknown): IResources | null {
  if (!isObject(value)) {
    return null;
  }
  const kernel = isObject(value.kernel) ? value.kernel : {};
  return {
    interval_seconds: numberOr(value.interval_seconds, 1),
    points: numberOr(value.points, 0),
    clusters: listOf(value.clusters, readUse),
    kernel_cpu_seconds: numberOr(kernel.cpu_seconds, null),
    kernel_memory_peak_bytes: numberOr(kernel.memory_peak_bytes, null)
  };
}
