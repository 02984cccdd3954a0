import { readFileSync } from 'fs';
import { join } from 'path';
import {
  ApiError,
  readCluster,
  readClusters,
  readDryRun,
  readLogs,
  readProfiles,
  refusalsOf,
  WireError
} from '..';

const WIRE = join(__dirname, '../../../tests/data/wire');
const golden = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(WIRE, name), 'utf8'));

describe('clusters', () => {
  const { clusters } = readClusters(golden('clusters_v1.json'));

  it('reads every cluster of the golden file', () => {
    expect(clusters.map(cluster => [cluster.name, cluster.state])).toEqual([
      ['zee-1', 'ready'],
      ['local', 'starting'],
      ['zee-2', 'failed'],
      ['mine-from-notebook', 'unreachable']
    ]);
  });

  it('reads all fields of a cluster', () => {
    const written = golden('clusters_v1.json').clusters as unknown[];
    const { workers, ...rest } = clusters[0];
    expect(written[0]).toMatchObject(rest);
    expect(workers).toEqual({
      asked: 10,
      ready: 8,
      minimum: null,
      maximum: null
    });
    expect(clusters[1].workers.maximum).toBe(4);
  });

  it('reads why clusters of a backend cannot be listed', () => {
    const problems = [{ kind: 'kubernetes', reason: 'No route.' }, 3];
    expect(readClusters({ clusters: [], problems }).problems).toEqual([
      'No route.'
    ]);
  });

  it('treats an unknown state as unreachable', () => {
    const data = { id: 'a', name: 'a', created_at: 1, state: 'paused' };
    expect(readCluster(data).state).toBe('unreachable');
    expect(readCluster(data).mine).toBe(false);
  });

  it.each([null, [], { clusters: [{}] }, { clusters: [{ id: 1 }] }])(
    'refuses %p',
    value => expect(() => readClusters(value)).toThrow(WireError)
  );

  it('reads logs', () => {
    expect(readLogs({ logs: { scheduler: 'a', other: 1 } })).toEqual({
      scheduler: 'a'
    });
  });
});

describe('profiles', () => {
  const { profiles, broken } = readProfiles(golden('profiles_v1.json'));

  it('reads options of every type', () => {
    const [local, offload] = profiles;
    expect(local.options.workers.maximum).toBe(4);
    expect(local.options.memory.type).toBe('memory');
    expect(local.usual_start_seconds).toBe(1.4);
    expect(offload.options.site.choices).toEqual(['vk-na', 'vk-ba']);
    expect(offload.options.image.user_may_set).toBe(false);
    expect(offload.limits.cores).toBe(100);
  });

  it('reads broken profiles with the reason', () => {
    expect(broken[0].name).toBe('slurm');
    expect(broken[0].reason).toContain('line 41');
  });

  it('drops an option of an unknown type', () => {
    const options = { a: { type: 'colour', default: 1 } };
    const read = readProfiles({ profiles: [{ name: 'x', options }] });
    expect(read.profiles[0].options).toEqual({});
    expect(read.profiles[0].label).toBe('x');
  });
});

describe('refusals', () => {
  it('reads a dry run', () => {
    const run = readDryRun(golden('dry_run_v1.json'));
    expect(run.allowed).toBe(false);
    expect(run.refusals[0]).toMatchObject({ limit: 'workers', left: 64 });
    expect(run.warnings).toHaveLength(1);
  });

  it('finds the refusals of an error', () => {
    const { refusals } = golden('dry_run_v1.json');
    const detail = JSON.stringify({ refusals });
    const error = new ApiError(422, 'invalid-request', 'no', detail);
    expect(refusalsOf(error)[0].limit).toBe('workers');
    expect(refusalsOf(new ApiError(409, 'x', 'y', 'not JSON'))).toEqual([]);
    expect(refusalsOf(new Error('x'))).toEqual([]);
  });
});
