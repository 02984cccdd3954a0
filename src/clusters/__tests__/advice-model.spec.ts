import { nullTranslator } from '@jupyterlab/translation';
import { ISizing, ISizingQuestion, readSizing, readSummary } from '../../api';
import type { IRuns } from '../../tokens';
import { ClusterForm } from '../form-model';
import { advisedOptions, FormAdvice, formatFormAdvice } from '../advice-model';
import { FakeClock, FakeClusters, PROFILES_V1 } from './fake-clusters';

const trans = nullTranslator.load('hrlab');
const [LOCAL, OFFLOAD] = PROFILES_V1.profiles;

function sizing(changes: Readonly<Record<string, unknown>> = {}): ISizing {
  return readSizing({
    workers: 3,
    cores_per_worker: 2,
    memory_bytes_per_worker: 4 * 2 ** 30,
    wall_seconds: { expected: 95, low: 88, high: 104 },
    limited_by: 'tasks',
    chart: { spec: {} },
    ...changes
  });
}

const run = (id: string, changes: Readonly<Record<string, unknown>> = {}) =>
  readSummary({
    id,
    name: `Zee ${id}`,
    status: 'ok',
    started_at: 1,
    tasks: 200,
    code_sha256: id,
    ...changes
  });

/** Fake runs with recommendations for all but the `unsaid` ones. */
class SizableRuns {
  readonly questions: ISizingQuestion[] = [];
  notebook = [run('serial', { tasks: 0 }), run('own')];
  all = [run('newer'), run('own', { id: 'older' }), run('unsaid')];

  async list({ notebook }: { readonly notebook?: string }) {
    return { runs: notebook ? this.notebook : this.all, total: 3, seq: 1 };
  }

  async size(question: ISizingQuestion): Promise<ISizing> {
    this.questions.push(question);
    if (question.runs.includes('unsaid')) {
      throw new Error('Not enough runs.');
    }
    return sizing();
  }
}

function formOf(profile = LOCAL): ClusterForm {
  const form = new ClusterForm(
    new FakeClusters(),
    profile,
    trans,
    new FakeClock()
  );
  form.fill({});
  return form;
}

async function adviceOf(
  runs: SizableRuns,
  form: ClusterForm,
  picked: string | null = null,
  notebook: string | null = 'zee.ipynb'
): Promise<FormAdvice> {
  const advice = new FormAdvice(
    runs as unknown as IRuns,
    form,
    picked,
    notebook
  );
  await advice.load();
  return advice;
}

describe('advice in the form', () => {
  it('is for the notebook’s newest run with tasks, and offers the others once each', async () => {
    const advice = await adviceOf(new SizableRuns(), formOf());
    expect(advice.run?.id).toBe('own');
    expect(advice.candidates.map(({ id }) => id)).toEqual([
      'own',
      'newer',
      'unsaid'
    ]);
  });

  it('is for the selected run', async () => {
    const runs = new SizableRuns();
    const advice = await adviceOf(runs, formOf(), 'newer');
    expect(advice.run?.id).toBe('newer');
    expect(runs.questions).toEqual([
      {
        runs: ['newer'],
        goal: { fastest: true },
        profile: 'local',
        options: {}
      }
    ]);
  });

  it('is requested with the options that it does not set', async () => {
    const runs = new SizableRuns();
    await adviceOf(runs, formOf(OFFLOAD), null, null);
    expect(runs.questions[0]).toMatchObject({
      runs: ['newer'],
      profile: 'offload',
      options: { site: 'vk-na' }
    });
  });

  it('fills the form, and knows that it is applied', async () => {
    const form = formOf();
    const advice = await adviceOf(new SizableRuns(), form);
    expect(advice.isUsed).toBe(false);
    advice.use();
    expect(form.request()?.options).toEqual({
      workers: 3,
      cores: 2,
      memory: 4 * 2 ** 30
    });
    expect(advice.isUsed).toBe(true);
    form.set('workers', '1');
    expect(advice.isUsed).toBe(false);
  });

  it('reports why there is none, and keeps the response to the latest request', async () => {
    const runs = new SizableRuns();
    const advice = await adviceOf(runs, formOf());
    await advice.choose('unsaid');
    expect([advice.advice, advice.error]).toEqual([null, 'Not enough runs.']);
    const first = advice.choose('unsaid');
    const second = advice.choose('newer');
    await Promise.all([first, second]);
    expect(advice.error).toBe('');
    expect(advice.run?.id).toBe('newer');
  });

  it('is missing without a run that can be sized', async () => {
    const runs = new SizableRuns();
    runs.all = [run('failed', { status: 'failed' })];
    const advice = await adviceOf(runs, formOf(), null, null);
    expect([advice.run, runs.questions]).toEqual([null, []]);
  });
});

describe('a recommendation in one line', () => {
  it('states time, limit and size of each worker', () => {
    expect(formatFormAdvice('Zee', sizing(), trans)).toBe(
      '3 workers finish Zee in about 1 min 35 s (limited by tasks). Each: 2 cores and 4 GiB.'
    );
    const one = sizing({ workers: 1, cores_per_worker: 1, limited_by: 'goal' });
    expect(formatFormAdvice('Zee', one, trans)).toBe(
      '1 worker finishes Zee in about 1 min 35 s. Each: 1 core and 4 GiB.'
    );
  });

  it('omits memory that was not recommended', () => {
    const advice = sizing({ memory_bytes_per_worker: 0 });
    expect(advisedOptions(advice)).toEqual({ workers: 3, cores: 2 });
    expect(formatFormAdvice('Zee', advice, trans)).toContain('Each: 2 cores.');
  });
});
