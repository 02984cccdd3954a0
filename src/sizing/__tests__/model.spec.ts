import { nullTranslator } from '@jupyterlab/translation';
import { ISizing, readSizing } from '../../api';
import type { IRuns } from '../../tokens';
import {
  formatEvidence,
  questionOf,
  formatSize,
  SizingModel,
  formatSizing
} from '../model';
import { PROFILES_V1 } from '../../clusters/__tests__/fake-clusters';

const trans = nullTranslator.load('hrlab');

const WIRE = {
  workers: 16,
  cores_per_worker: 1,
  memory_bytes_per_worker: 0,
  wall_seconds: { expected: 95, low: 88, high: 104 },
  phases: { fixed: 12, scaling: 83 },
  efficiency: 0.62,
  core_hours: 0.42222,
  limited_by: 'tasks',
  model: 'amdahl',
  evidence: ['a', 'b'],
  curve: [],
  table: [],
  warnings: ['careful'],
  chart: { spec: {}, table: { columns: [], rows: [] } }
};

describe('a question', () => {
  it('is null while the number is invalid', () => {
    expect(questionOf('r', 'efficiency', '', {})).toBeNull();
    expect(questionOf('r', 'core_hours', 'soon', {})).toBeNull();
    expect(questionOf('r', 'finish_within_seconds', '-3', {})).toBeNull();
  });

  it('converts per cent to a share and accepts a comma', () => {
    expect(questionOf('r', 'efficiency', '62,5', {})).toEqual({
      runs: ['r'],
      goal: { efficiency: 0.625 }
    });
  });

  it('includes the workload only if it differs', () => {
    expect(questionOf('r', 'fastest', '', { events: 5 })).toEqual({
      runs: ['r'],
      goal: { fastest: true },
      workload: { events: 5 }
    });
  });
});

describe('an advice', () => {
  it('is one sentence with its range, cost and limit', () => {
    expect(formatSizing(readSizing(WIRE), trans)).toBe(
      '16 workers: about 1 min 35 s (1 min 28 s to 1 min 44 s), 62 % efficient in dask, 0.422 core hours; more workers would have no tasks.'
    );
  });

  it('stops at the measured range, and claims no efficiency from one number of threads', () => {
    const law = { model: 'work-conservation', limited_by: 'measured' };
    expect(formatSizing(readSizing({ ...WIRE, ...law }), trans)).toBe(
      '16 workers: about 1 min 35 s (1 min 28 s to 1 min 44 s), 0.422 core hours; more workers would be a guess, too far from what was measured.'
    );
  });

  it('claims no efficiency beyond the trusted number of workers', () => {
    const most = { trusted_workers: 15 };
    expect(formatSizing(readSizing({ ...WIRE, ...most }), trans)).toBe(
      '16 workers: about 1 min 35 s (1 min 28 s to 1 min 44 s), 0.422 core hours; more workers would have no tasks.'
    );
  });

  it('at the knee does not claim that more would not be faster', () => {
    const knee = readSizing({ ...WIRE, limited_by: 'serial' });
    expect(formatSizing(knee, trans)).toContain(
      'core hours; more workers would be less than 1 % faster.'
    );
  });

  it('states the number of runs and the law', () => {
    expect(formatEvidence(readSizing(WIRE), trans)).toBe(
      'From 2 runs, using Amdahl’s law; 12.0 s does not scale with workers.'
    );
  });

  it('states the size of a worker, and what the quota allows', () => {
    const advice = readSizing({
      ...WIRE,
      memory_bytes_per_worker: 4 * 2 ** 30,
      memory: { peak_bytes: 3 * 2 ** 30, needed_bytes: 4e9, is_cut: false },
      bounds: { profile: 100, quota: 12 }
    });
    expect(formatSize(advice, trans)).toBe(
      'Each: 1 core and 4 GiB. One worker used up to 3 GiB. Your quota allows 12 more workers.'
    );
    expect(formatSize(readSizing(WIRE), trans)).toBe('Each: 1 core.');
  });

  it('is rejected if malformed', () => {
    expect(() => readSizing({ ...WIRE, wall_seconds: 95 })).toThrow('wall');
  });
});

describe('the model', () => {
  it('keeps the response to the latest request', async () => {
    const answers: ((advice: ISizing) => void)[] = [];
    const size = () => new Promise<ISizing>(done => answers.push(done));
    const model = new SizingModel({ size } as unknown as IRuns, 'r');
    const question = { runs: ['r'], goal: { fastest: true as const } };
    const first = model.ask(question);
    const second = model.ask(question);
    answers[1]?.(readSizing({ ...WIRE, workers: 2 }));
    await second;
    answers[0]?.(readSizing(WIRE));
    await first;
    expect(model.advice?.workers).toBe(2);
    expect(model.isBusy).toBe(false);
  });

  it('learns the figure that measures work from the server', async () => {
    const answers = [
      readSizing({ ...WIRE, workload: { variations: 50 } }),
      null
    ];
    const size = async () => {
      const answer = answers.shift();
      if (!answer) {
        throw new Error('It must be more than 0.');
      }
      return answer;
    };
    const model = new SizingModel({ size } as unknown as IRuns, 'r');
    expect(model.amount).toBeNull();
    await model.ask({ runs: ['r'], goal: { fastest: true } });
    expect(model.amount).toEqual(['variations', 50]);
    await model.ask({ runs: ['r'], goal: { fastest: true } });
    expect(model.amount).toEqual(['variations', 50]); // the field remains
  });

  it('preselects the run’s own profile until the user chooses', async () => {
    const asked: unknown[] = [];
    const size = async (question: unknown) => {
      asked.push(question);
      return readSizing(WIRE);
    };
    const model = new SizingModel({ size } as unknown as IRuns, 'r');
    model.propose('offload');
    expect(model.profile).toBe('');
    model.offer(PROFILES_V1.profiles);
    expect(model.profile).toBe('offload');
    await model.askFirst();
    await model.askFirst();
    expect(asked).toEqual([
      { runs: ['r'], goal: { fastest: true }, profile: 'offload' }
    ]);
    model.setProfile('');
    model.propose('local');
    expect([model.profile, model.askedProfile]).toEqual(['', 'offload']);
  });

  it('reports why there is no recommendation', async () => {
    const size = () => Promise.reject(new Error('Not enough runs.'));
    const model = new SizingModel({ size } as unknown as IRuns, 'r');
    await model.ask({ runs: ['r'], goal: { fastest: true } });
    expect(model.advice).toBeNull();
    expect(model.error).toBe('Not enough runs.');
  });
});
