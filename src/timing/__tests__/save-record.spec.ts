import { readRecord } from '../../api';
import { saveRecord } from '../save-record';
import { LiveRuns } from '../live-runs';
import { FakeRuns } from '../../shared/__tests__/fakes';

const RECORD = { id: 'a', name: 'n', started_at: 1, status: 'ok' };
const noWait = async () => undefined;

describe('saving a record', () => {
  it('does nothing when the server has the run', async () => {
    const runs = new FakeRuns(0);
    runs.records.set('a', readRecord(RECORD));
    expect(await saveRecord(runs, 'a', () => RECORD, noWait)).toBe(false);
    expect(runs.saved).toEqual([]);
  });

  it('saves the record of the cell when the server lacks it', async () => {
    const runs = new FakeRuns(0);
    expect(await saveRecord(runs, 'a', () => RECORD, noWait)).toBe(true);
    expect(runs.saved).toEqual([RECORD]);
  });

  it('waits for an output that arrives after the end', async () => {
    const runs = new FakeRuns(0);
    let asked = 0;
    const find = () => (++asked < 3 ? null : RECORD);
    expect(await saveRecord(runs, 'a', find, noWait)).toBe(true);
  });

  it('gives up when no record arrives', async () => {
    const runs = new FakeRuns(0);
    expect(await saveRecord(runs, 'a', () => null, noWait)).toBe(false);
  });
});

describe('live runs', () => {
  const start = {
    run_id: 'a',
    name: 'n',
    cell_id: null,
    code: null,
    started_at: 1,
    usual_seconds: null,
    index: null,
    count: null,
    notebook: null
  };

  it('go from start through progress to end', () => {
    const live = new LiveRuns();
    const seen: string[] = [];
    live.changed.connect((_, id) => seen.push(id));
    live.start(start);
    live.finish({ run_id: 'a', status: 'ok', wall_seconds: 2, cell_id: null });
    expect(live.get('a')?.end?.wall_seconds).toBe(2);
    live.forget('a');
    live.forget('a');
    expect(seen).toEqual(['a', 'a', 'a']);
    expect(live.get('a')).toBeUndefined();
  });

  it('ignores updates of unknown runs', () => {
    const live = new LiveRuns();
    live.finish({ run_id: 'x', status: 'ok', wall_seconds: 1, cell_id: null });
    expect(live.get('x')).toBeUndefined();
  });
});
