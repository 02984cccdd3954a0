import type { ICluster, IClusterSeen, IRunRecord } from '../api';

/**
 * The cluster that a run has used, if it is still there.
 *
 * Names and addresses are used again by later clusters: it must have been there
 * before the run ended. A name may be that of several at once, so it says
 * something only where the record has no id.
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
