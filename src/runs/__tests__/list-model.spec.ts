import { RunList } from '../list-model';
import type { IClock } from '../../shared/clock';
import { FakeRuns, settle } from '../../shared/__tests__/fakes';

class FakeTimers implements Pick<IClock, 'set' | 'clear'> {
  callbacks = new Map<number, () => void>();
  delays: number[] = [];
  private _next = 0;

  set(callback: () => void, ms: number): number {
    this._next += 1;
    this.callbacks.set(this._next, callback);
    this.delays.push(ms);
    return this._next;
  }

  clear(id: number): void {
    this.callbacks.delete(id);
  }

  async fire(): Promise<void> {
    const due = [...this.callbacks.values()];
    this.callbacks.clear();
    due.forEach(callback => callback());
    await settle();
  }
}

describe('RunList', () => {
  let runs: FakeRuns;
  let timers: FakeTimers;
  let list: RunList;

  beforeEach(() => {
    runs = new FakeRuns(10000);
    timers = new FakeTimers();
    list = new RunList(runs, timers);
  });

  it('fetches nothing while hidden', async () => {
    runs.changed.emit([]);
    list.setWindow(0, 10);
    await timers.fire();
    expect(runs.asked).toEqual([]);
  });

  it('fetches only the pages on screen', async () => {
    list.setActive(true);
    list.setWindow(0, 12);
    await settle();
    expect(runs.asked).toEqual(['@0']);
    list.setWindow(5000, 5015);
    await settle();
    expect(runs.asked).toEqual(['@0', '@5000']);
    expect(list.row(5003)?.id).toBe('run-5003');
    expect(list.total).toBe(10000);
  });

  it('fetches both pages at a page boundary', async () => {
    list.setActive(true);
    list.setWindow(45, 55);
    await settle();
    expect(runs.asked).toEqual(['@0', '@50']);
  });

  it('drops pages far from the screen', async () => {
    list.setActive(true);
    for (let first = 0; first < 5000; first += 50) {
      list.setWindow(first, first + 10);
      await settle();
    }
    expect(list.row(0)).toBeNull();
    expect(list.row(4950)).not.toBeNull();
  });

  it('fetches what is on screen again after a change, once', async () => {
    list.setActive(true);
    list.setWindow(0, 12);
    await settle();
    runs.changed.emit(['a']);
    runs.changed.emit(['b']);
    await timers.fire();
    expect(runs.asked).toEqual(['@0', '@0']);
  });

  it('catches up when shown again', async () => {
    list.setActive(true);
    await settle();
    list.setActive(false);
    runs.changed.emit([]);
    await timers.fire();
    expect(runs.asked).toHaveLength(1);
    list.setActive(true);
    await settle();
    expect(runs.asked).toHaveLength(2);
  });

  it('starts again with a new filter and keeps the old rows until then', async () => {
    list.setActive(true);
    await settle();
    list.setQuery({ text: 'zee' });
    expect(list.row(0)?.id).toBe('run-0');
    await settle();
    expect(list.row(0)?.id).toBe('zee-0');
    expect(runs.asked).toEqual(['@0', 'zee@0']);
  });

  it('drops the response to an outdated request', async () => {
    list.setActive(true);
    list.setQuery({ text: 'a' });
    list.setQuery({ text: 'ab' });
    await settle();
    expect(list.row(0)?.id).toBe('ab-0');
  });

  it('retries with increasing delays while the server is unreachable', async () => {
    runs.failing = true;
    list.setActive(true);
    await settle();
    expect(list.error?.message).toBe('away');
    await timers.fire();
    await timers.fire();
    expect(timers.delays).toEqual([2000, 4000, 8000]);
    runs.failing = false;
    await timers.fire();
    expect(list.error).toBeNull();
    expect(list.total).toBe(10000);
  });

  it('does not fetch again because an error is rendered', async () => {
    // Like React, which renders later and then reports what is on screen.
    list.changed.connect(() => void settle().then(() => list.setWindow(0, 12)));
    list.setActive(true);
    await settle();
    runs.failing = true;
    runs.changed.emit([]);
    await timers.fire();
    for (let n = 0; n < 10; n++) {
      await settle();
    }
    expect(runs.asked).toEqual(['@0', '@0']);
    list.setWindow(5000, 5012);
    await settle();
    expect(runs.asked).toEqual(['@0', '@0', '@5000']);
  });

  it('can be disposed twice and then fetches nothing', async () => {
    list.setActive(true);
    await settle();
    list.dispose();
    list.dispose();
    runs.changed.emit([]);
    await timers.fire();
    expect(runs.asked).toHaveLength(1);
  });
});
