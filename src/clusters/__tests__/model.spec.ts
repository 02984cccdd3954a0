import { ApiError } from '../../api';
import { ClusterChoices } from '../saved-choices';
import { ClusterList } from '../model';
import { cluster, FakeClock, FakeClusters, Gate } from './fake-clusters';
import { settle } from '../../shared/__tests__/fakes';

const REQUEST = { profile: 'local', options: { workers: 3 } };

describe('ClusterList', () => {
  let clusters: FakeClusters;
  let clock: FakeClock;
  let list: ClusterList;

  const shown = () =>
    list.items.map(item => `${item.cluster.id} ${item.cluster.state}`);
  const states = () => list.items.map(item => item.cluster.state);

  beforeEach(() => {
    clusters = new FakeClusters();
    clock = new FakeClock();
    list = new ClusterList(clusters, new ClusterChoices(null), clock);
  });

  async function look(): Promise<void> {
    list.setActive(true);
    await settle();
  }

  it('fetches nothing while hidden', async () => {
    clusters.changed.emit([]);
    await clock.fire();
    expect(clusters.asked).toEqual([]);
  });

  it('fetches a snapshot when shown, newest first', async () => {
    clusters.there = [
      cluster('old', { created_at: 1 }),
      cluster('new', { created_at: 2 })
    ];
    await look();
    expect(shown()).toEqual(['new ready', 'old ready']);
    expect(list.isLoaded).toBe(true);
  });

  it('fetches once more after any number of events', async () => {
    await look();
    clusters.there = [cluster('a')];
    clusters.changed.emit(['a']);
    clusters.changed.emit(['b']);
    await clock.fire();
    expect(clusters.asked).toEqual(['profiles', 'list', 'list']);
    expect(shown()).toEqual(['a ready']);
  });

  it('stops when hidden and catches up when shown', async () => {
    await look();
    list.setActive(false);
    clusters.changed.emit([]);
    await clock.fire();
    expect(clusters.asked).toHaveLength(2);
    await look();
    expect(clusters.asked).toHaveLength(3);
  });

  it('polls while a cluster starts, and no longer', async () => {
    clusters.there = [cluster('a', { state: 'starting' })];
    await look();
    expect(clock.delays).toEqual([5000]);
    clusters.there = [cluster('a')];
    await clock.fire();
    expect(shown()).toEqual(['a ready']);
    expect(clock.due.size).toBe(0);
  });

  it('retries with increasing delays while the server is unreachable', async () => {
    clusters.failure = new Error('away');
    await look();
    expect(list.error?.message).toBe('away');
    await clock.fire();
    await clock.fire();
    expect(clock.delays).toEqual([2000, 4000, 8000]);
    clusters.failure = null;
    await clock.fire();
    expect(list.error).toBeNull();
  });

  it('shows a new cluster before the server responds, and only once after', async () => {
    await look();
    clusters.gate = new Gate();
    const started = list.start(REQUEST);
    expect(states()).toEqual(['starting']);
    expect(list.items[0].cluster.workers.asked).toBe(3);
    expect(list.items[0].cluster.usual_start_seconds).toBe(1.4);
    clusters.changed.emit(['made-1']);
    await clock.fire();
    expect(states()).toEqual(['starting']);
    clusters.gate.release();
    await started;
    expect(shown()).toEqual(['made-1 starting']);
    await clock.fire();
    expect(shown()).toEqual(['made-1 starting']);
  });

  it('keeps a refused start with its reason until it is dismissed', async () => {
    await look();
    clusters.failure = new ApiError(409, 'conflict', 'Close one first.', '');
    await list.start(REQUEST);
    clusters.failure = null;
    await clock.fire();
    const [{ cluster: failed, pending }] = list.items;
    expect([failed.state, failed.reason, pending]).toEqual([
      'failed',
      'Close one first.',
      true
    ]);
    await list.remove(failed.id);
    expect(list.items).toEqual([]);
    expect(clusters.asked).not.toContain(`remove ${failed.id}`);
  });

  it('tries again with the same options', async () => {
    await look();
    clusters.failure = new ApiError(409, 'conflict', 'Full.', '');
    await list.start(REQUEST);
    clusters.failure = null;
    await list.retry(list.items[0].cluster.id);
    expect(shown()).toEqual(['made-2 starting']);
    const [first, second] = clusters.created;
    expect(second.options).toEqual({ workers: 3 });
    expect(second.idempotency_key).not.toBe(first.idempotency_key);
  });

  it('repeats the same request if there was no response', async () => {
    await look();
    clusters.failure = new Error('network');
    await list.start(REQUEST);
    clusters.failure = null;
    await list.retry(list.items[0].cluster.id);
    const [first, second] = clusters.created;
    expect(second.idempotency_key).toBe(first.idempotency_key);
  });

  it('retries a start that the server reports as failed', async () => {
    await look();
    await list.start(REQUEST);
    clusters.there = [cluster('made-1', { state: 'failed' })];
    await clock.fire();
    await list.retry('made-1');
    expect(clusters.asked).toContain('remove made-1');
    expect(clusters.created[1].options).toEqual({ workers: 3 });
    expect(shown()).toEqual(['made-2 starting']);
  });

  it('cancels a start without a response yet', async () => {
    await look();
    clusters.gate = new Gate();
    const started = list.start(REQUEST);
    await list.remove(list.items[0].cluster.id);
    expect(states()).toEqual(['closing']);
    clusters.gate.release();
    await started;
    expect(clusters.asked).toContain('remove made-1');
    expect(list.items).toEqual([]);
  });

  it('shows a cluster as closing at once, and restores it on failure', async () => {
    clusters.there = [cluster('a')];
    await look();
    clusters.failure = new ApiError(502, 'backend', 'No.', '');
    const removed = list.remove('a');
    expect(shown()).toEqual(['a closing']);
    await expect(removed).rejects.toThrow('No.');
    expect(shown()).toEqual(['a ready']);
  });

  it('treats a missing cluster as closed', async () => {
    clusters.there = [cluster('a')];
    await look();
    clusters.failure = new ApiError(404, 'not-found', 'No such.', '');
    await list.remove('a');
    expect(list.items).toEqual([]);
  });

  it('keeps the last known state of a cluster while the server is unreachable', async () => {
    clusters.there = [cluster('a', { tasks: 5 })];
    await look();
    clusters.there = [cluster('a', { tasks: 7 })];
    expect((await list.newest('a'))?.tasks).toBe(7);
    clusters.failure = new Error('away');
    expect((await list.newest('a'))?.tasks).toBe(5);
  });

  it('offers the profile started last', async () => {
    await look();
    expect(list.favourite?.name).toBe('local');
    await list.start({ profile: 'offload', options: {} });
    expect(list.favourite?.name).toBe('offload');
  });

  it('can be disposed twice and then fetches nothing', async () => {
    await look();
    list.dispose();
    list.dispose();
    clusters.changed.emit([]);
    await clock.fire();
    expect(clusters.asked).toHaveLength(2);
  });
});
