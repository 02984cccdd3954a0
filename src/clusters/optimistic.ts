import type { ICluster, IClusterRequest, IProfile } from '../api';

/** Returns the cluster to show until the server responds. */
export function optimisticCluster(
  key: string,
  request: IClusterRequest,
  profile: IProfile | null,
  now: number
): ICluster {
  const asked = request.options.workers ?? profile?.options.workers?.default;
  return {
    id: key,
    name: request.name || request.profile,
    kind: profile?.kind ?? '',
    profile: request.profile,
    owner: null,
    created_by: 'hrlab',
    mine: true,
    state: 'starting',
    reason: '',
    since_at: now,
    steps: [],
    workers: {
      asked: typeof asked === 'number' ? asked : 0,
      ready: 0,
      minimum: null,
      maximum: null
    },
    cores: 0,
    memory_bytes: 0,
    tasks: null,
    scheduler_address: null,
    dashboard_path: null,
    created_at: now,
    idle_stop_at: null,
    usual_start_seconds: profile?.usual_start_seconds ?? null,
    site: profile?.site ?? null,
    versions: {}
  };
}
