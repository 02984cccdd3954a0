import { readFileSync } from 'fs';
import { join } from 'path';
import {
  queryOf,
  readChanged,
  readChart,
  readPage,
  readProgress,
  readProgressEnd,
  readProgressStart,
  readRecord,
  readSummary,
  WireError
} from '..';

const WIRE = join(__dirname, '../../../tests/data/wire');
const golden = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(WIRE, name), 'utf8'));

const SUMMARY = {
  id: 'a',
  name: 'Zee',
  status: 'ok',
  error: null,
  started_at: 10,
  wall_seconds: 2,
  phases: null,
  approach: 'serial',
  tasks: 0,
  failed_tasks: 0,
  workers_peak: null,
  threads_peak: null,
  clusters: [],
  labels: {},
  note: '',
  notebook: null,
  code_sha256: 'x',
  warnings: [],
  change: null
};

describe('records', () => {
  it.each([
    'run_v1.json',
    'run_v1_failed.json',
    'run_v1_imported.json',
    'run_v1_resources.json'
  ])('reads the golden record %s', name => {
    const data = golden(name);
    const run = readRecord(data);
    expect(run.id).toBe(data.id);
    expect(run.status).toBe(data.status);
    expect(run.raw).toEqual(data);
  });

  it('reads hardware use if it was sampled, else null', () => {
    const run = readRecord(golden('run_v1_resources.json'));
    expect(run.resources).toMatchObject({
      interval_seconds: 20,
      points: 7,
      kernel_cpu_seconds: 33.5
    });
    expect(run.resources?.clusters[0].worker_memory_peak_share).toBe(0.9);
    expect(run.groups[0].median_seconds).toBe(0.625);
    expect(run.clusters[0].workers_lost).toBe(1);
    expect(readRecord(golden('run_v1.json')).resources).toBeNull();
  });

  it('reads what other clusters ran on the nodes', () => {
    const run = readRecord(golden('run_v1_resources.json'));
    expect([run.alone, run.other_pods]).toEqual([false, 3]);
    expect(readRecord(golden('run_v1.json')).other_pods).toBeNull();
  });

  it('reads every part of a complete record', () => {
    const run = readRecord(golden('run_v1.json'));
    expect(run.loops).toHaveLength(2);
    expect(run.loops[0].stages.wait_seconds).toBe(22);
    expect(run.groups.map(group => group.name)).toEqual(['histogram', 'merge']);
    expect(run.clusters[0].workers_peak).toBe(8);
    expect(run.labels).toEqual({ detector: 'IDEA', slot: 'booked' });
    expect(run.source.notebook).toBe('analysis/zee.ipynb');
    expect(run.warnings[0].code).toBe('work-left-running');
  });

  it('has phases that add up to the wall time', () => {
    const run = readRecord(golden('run_v1.json'));
    const sum = Object.values(run.phases ?? {}).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(run.wall_seconds, 9);
  });

  it('reads a record without phases', () => {
    expect(readRecord(golden('run_v1_imported.json')).phases).toBeNull();
  });

  it('ignores fields that a later version added', () => {
    const data = { ...golden('run_v1.json'), schema_version: 9, news: {} };
    expect(readRecord(data).name).toBe('Zee 100 variations');
  });

  it.each([null, 5, 'run', [], {}, { id: 'a' }, { id: 1, name: 'x' }])(
    'refuses %p',
    value => {
      expect(() => readRecord(value)).toThrow(WireError);
    }
  );

  it('treats an unknown status as interrupted', () => {
    const data = { ...golden('run_v1.json'), status: 'paused' };
    expect(readRecord(data).status).toBe('interrupted');
  });
});

describe('pages', () => {
  it('reads summaries', () => {
    const page = readPage({ runs: [SUMMARY], total: 7, seq: 3 });
    expect(page.total).toBe(7);
    expect(page.runs[0].name).toBe('Zee');
  });

  it('reads the change against the previous run', () => {
    const change = { previous_id: 'b', ratio: -0.06 };
    expect(readSummary({ ...SUMMARY, change }).change).toEqual(change);
  });

  it('refuses a page without a total', () => {
    expect(() => readPage({ runs: [] })).toThrow(WireError);
  });

  it('asks for a page with all filters', () => {
    const query = queryOf(
      { text: 'a&b', notebook: 'x y.ipynb', labels: ['k=v', 'l=w'] },
      50,
      25
    );
    const read = new URLSearchParams(query);
    expect(read.get('text')).toBe('a&b');
    expect(read.get('notebook')).toBe('x y.ipynb');
    expect(read.getAll('label')).toEqual(['k=v', 'l=w']);
    expect(read.get('offset')).toBe('50');
  });
});

describe('events', () => {
  const event = {
    schema_id: 'https://schema.hrlab.org/changed',
    seq: 4,
    at: 1,
    topic: 'runs',
    ids: ['a', 3]
  };

  it('reads an event of hrlab', () => {
    expect(readChanged(event)).toEqual({ seq: 4, topic: 'runs', ids: ['a'] });
  });

  it('ignores events of others', () => {
    expect(readChanged({ ...event, schema_id: 'other' })).toBeNull();
    expect(readChanged('text')).toBeNull();
  });
});

describe('progress', () => {
  it('reads start, progress and end', () => {
    expect(readProgressStart({ run_id: 'a', name: 'n' }).cell_id).toBeNull();
    const progress = readProgress({
      run_id: 'a',
      cell_id: 'c',
      elapsed_seconds: 2,
      phase: 'dask',
      phases: null,
      tasks: { done: 1, all: 3 },
      workers: 2,
      threads: 4
    });
    expect(progress.tasks_all).toBe(3);
    expect(readProgressEnd({ run_id: 'a', status: 'ok' }).status).toBe('ok');
  });

  it('refuses progress without a run', () => {
    expect(() => readProgress({ elapsed_seconds: 1 })).toThrow(WireError);
  });
});

describe('charts', () => {
  it('reads a specification with its table', () => {
    const chart = readChart({
      spec: { mark: 'bar' },
      table: {
        columns: [{ name: 'a', label: 'A', unit: 's' }],
        rows: [[1], 'x']
      }
    });
    expect(chart.columns[0].label).toBe('A');
    expect(chart.rows).toEqual([[1]]);
  });
});
