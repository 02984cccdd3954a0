import { comparisonPath, IComparison, readComparison } from '../../api';
import type { IRuns } from '../../tokens';
import { ComparisonModel, tableAsCsv } from '../model';
import { FakeRuns } from '../../shared/__tests__/fakes';

const WIRE = {
  by: 'threads',
  amount: null,
  baseline: 1,
  headline: 'Two threads are faster.',
  notes: ['The code differs.'],
  charts: { time: { spec: {}, table: { columns: [], rows: [] } } },
  groups: [
    {
      key: 1,
      label: '1 thread',
      amount: null,
      runs: ['a'],
      cold: [],
      wall_seconds: 10,
      wall_low_seconds: 10,
      wall_high_seconds: 10,
      threads: 1,
      speed_up: 1,
      efficiency: 1
    }
  ]
};

describe('what is asked', () => {
  it('names the runs, or the run whose code is compared', () => {
    expect(comparisonPath({ ids: ['a', 'b'] })).toBe('compare?ids=a%2Cb');
    expect(comparisonPath({ ids: [], like: 'a', by: 'label:x=y' })).toBe(
      'compare?like=a&by=label%3Ax%3Dy'
    );
  });
});

describe('what is answered', () => {
  it('is read with keys as strings', () => {
    const found = readComparison(WIRE);
    expect(found.baseline).toBe('1');
    expect(found.groups[0]?.key).toBe('1');
    expect(found.charts[0]?.[0]).toBe('time');
  });

  it('has where two runs differ, and the published table', () => {
    const found = readComparison({
      ...WIRE,
      differs: ['The code differs.'],
      choices: ['run', 'label:cut'],
      published: {
        columns: [{ name: 'amount', label: 'variations', unit: '' }],
        rows: [[50, 590]]
      },
      difference: {
        before_name: 'a',
        after_name: 'b',
        before_at: 1,
        after_at: 2,
        lines: [
          {
            part: 'stage',
            name: 'wait',
            before_seconds: 1,
            after_seconds: null
          },
          { part: 'of another hrlab', name: 'x' }
        ]
      }
    });
    expect(found.published?.rows).toEqual([[50, 590]]);
    expect(found.difference?.lines).toEqual([
      { part: 'stage', name: 'wait', before: 1, after: null, ratio: null }
    ]);
    expect(found.choices).toContain('label:cut');
    expect(readComparison(WIRE).difference).toBeNull();
  });

  it('is rejected if malformed', () => {
    expect(() => readComparison({ ...WIRE, by: 3 })).toThrow('by');
  });
});

describe('the model', () => {
  class Comparing extends FakeRuns {
    readonly queries: unknown[] = [];
    async compare(query?: unknown): Promise<IComparison> {
      this.queries.push(query);
      return readComparison(WIRE);
    }
  }

  it('regroups with a reset baseline, and keeps the runs', async () => {
    const runs = new Comparing(0);
    const model = new ComparisonModel(runs, { ids: ['a', 'b'] });
    await model.setBaseline('2');
    await model.groupBy('approach');
    expect(runs.queries).toEqual([
      { ids: ['a', 'b'], baseline: '2' },
      { ids: ['a', 'b'], by: 'approach' }
    ]);
  });

  it('keeps the selection of runs across other changes', async () => {
    const runs = new Comparing(0);
    const model = new ComparisonModel(runs, { ids: [], previous: 'a' });
    await model.setOver('workers');
    await model.setSince('loop');
    await model.groupBy('run');
    expect(runs.queries.at(-1)).toEqual({
      ids: [],
      previous: 'a',
      since: 'loop',
      by: 'run'
    });
  });

  it('fetches again when one of its runs changes, and not for others', () => {
    const runs = new Comparing(0);
    new ComparisonModel(runs, { ids: ['a', 'b'] });
    runs.changed.emit(['c']);
    expect(runs.queries).toHaveLength(0);
    runs.changed.emit(['b']);
    expect(runs.queries).toHaveLength(1);
  });

  it('reports why there is none', async () => {
    const runs: IRuns = new FakeRuns(0);
    const model = new ComparisonModel(runs, { ids: ['a'] });
    await model.refresh();
    expect(model.error).toBe('It takes two.');
  });
});

describe('a table as CSV', () => {
  it('has units in its header, quotes where needed, and no formulas', () => {
    const chart = {
      columns: [
        { name: 'group', label: 'group', unit: '' },
        { name: 'seconds', label: 'time', unit: 's' }
      ],
      rows: [
        ['a, "b"', 1.5],
        ['=SUM(A1)', -2]
      ]
    };
    expect(tableAsCsv(chart)).toBe(
      'group,time (s)\r\n"a, ""b""",1.5\r\n\'=SUM(A1),-2\r\n'
    );
  });
});
