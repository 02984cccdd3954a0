import type { ICluster, IClusterSeen, IRunRecord } from '../api';

/**
 * Returns the cluster that a run used, if it still exists.
 *
 * Later clusters reuse names and addresses, so it must have existed before the
 * run ended. Several clusters can share a name, so the name counts only if the
 * record has no id.
 */
export function usedCluster(
  seen: IClusterSeen,
  run: IRunRecord,
  clusters: readonly ICluster[]
): ICluster | null {
  const there = clusters.filter(
    ({ created_at, state }) =>
      created_at <= run.started_at + run.wall_seconds && state !== 'failed'
  );
  const same = (test: (cluster: ICluster) => boolean) => there.find(test);
  return (
    (seen.id !== null ? same(({ id }) => id === seen.id) : null) ??
    (seen.scheduler_address !== null
      ? same(
          ({ scheduler_address }) =>
            scheduler_address === seen.scheduler_address
        )
      : null) ??
    (seen.id === null ? same(({ name }) => name === seen.name) : null) ??
    null
  );
}
