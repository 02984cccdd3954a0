import type { TranslationBundle } from '@jupyterlab/translation';
import type { ICluster, IOption, IProfile } from '../api';

/** Returns what a new worker uses of a limit: as much as existing ones, or else the profile's default. */
function each(
  name: 'cores' | 'memory',
  all: number,
  { workers }: ICluster,
  profile: IProfile
): number {
  const option = profile.options[name];
  if (option && workers.ready > 0) {
    return all / workers.ready;
  }
  return typeof option?.default === 'number' ? option.default : 0;
}

/** Returns the maximum number of workers of the profile; null if it sets no limit. */
function mostWorkers(profile: IProfile, cluster: ICluster): number | null {
  const { limits, options } = profile;
  const fits = (limit: number | undefined, taken: number) =>
    limit !== undefined && taken > 0 ? Math.floor(limit / taken) : Infinity;
  const most = Math.min(
    options.workers?.maximum ?? Infinity,
    limits.workers ?? Infinity,
    fits(limits.cores, each('cores', cluster.cores, cluster, profile)),
    fits(
      limits.memory_bytes,
      Math.floor(each('memory', cluster.memory_bytes, cluster, profile))
    )
  );
  return Number.isFinite(most) ? most : null;
}

/** Returns the workers option of a cluster with the profile's bounds; without bounds if it has no profile. */
export function workersOption(
  profile: IProfile | null,
  cluster: ICluster,
  trans: TranslationBundle
): IOption {
  return {
    type: 'integer',
    default: 0,
    label: trans.__('Workers'),
    help: '',
    minimum: 0,
    choices: [],
    unit: trans.__('workers'),
    user_may_set: true,
    ...(profile?.options.workers ?? {}),
    maximum: profile && mostWorkers(profile, cluster)
  };
}
