import { nullTranslator } from '@jupyterlab/translation';
import { clientCode, connectExpression } from '../client-code';
import {
  formatDefaults,
  formatElapsed,
  factsOf,
  idleOf,
  idleWarning,
  formatLoss,
  waitingFor,
  workersOf
} from '../text';
import { cluster, PROFILES_V1 } from './fake-clusters';

const trans = nullTranslator.load('hrlab');
const [LOCAL] = PROFILES_V1.profiles;

describe('texts of a cluster', () => {
  it('counts workers, with the bounds of an adaptive cluster', () => {
    expect(workersOf(cluster('a'), trans)).toBe('2 workers');
    const workers = { asked: 4, ready: 1, minimum: 0, maximum: 8 };
    expect(workersOf(cluster('a', { workers }), trans)).toBe(
      '1/4 workers, adapts 0 to 8'
    );
  });

  it('describes a profile’s defaults', () => {
    const { workers, cores, memory, ...rest } = LOCAL.options;
    const some = (options: typeof LOCAL.options) =>
      formatDefaults({ ...LOCAL, options }, trans);
    expect(some({ ...rest, workers, cores, memory })).toMatch(
      /^\d+ workers, each \d+ cores?, [\d.]+ GiB$/
    );
    expect(some({ cores })).toMatch(/^\d+ cores?$/);
    expect(some({ workers })).toMatch(/^\d+ workers$/);
    expect(some({})).toBe('');
  });

  it('omits unknown facts', () => {
    expect(factsOf(cluster('a'), 160, trans)).toEqual(['1 min']);
    const known = { cores: 1, memory_bytes: 2 ** 31, tasks: 1 };
    expect(factsOf(cluster('a', known), 400, trans)).toEqual([
      '1 core',
      '2 GiB',
      '1 task',
      '5 min'
    ]);
  });

  it('shows elapsed and usual time of a start', () => {
    expect(formatElapsed(cluster('a'), 137, trans)).toBe('37 s');
    const usual = cluster('a', { usual_start_seconds: 40 });
    expect(formatElapsed(usual, 137, trans)).toBe('37 s (usually 40 s)');
  });

  it('shows what it waits for: the reason, or else the step', () => {
    const steps = [
      { name: 'resource', state: 'done' },
      { name: 'scheduler', state: 'running', detail: 'pulling the image' }
    ];
    const starting = { state: 'starting', steps };
    expect(waitingFor(cluster('a', starting), trans)).toBe('pulling the image');
    expect(
      waitingFor(cluster('a', { ...starting, reason: 'quota' }), trans)
    ).toBe('quota');
    expect(waitingFor(cluster('a', { state: 'starting' }), trans)).toBe(
      'waiting for the server'
    );
    expect(waitingFor(cluster('a'), trans)).toBe('');
  });

  it('warns 10 minutes before the end, or 10 % of a short timeout', () => {
    expect(idleWarning({ ...LOCAL, idle_seconds: 86400 })).toBe(600);
    expect(idleWarning({ ...LOCAL, idle_seconds: 300 })).toBe(30);
    expect(idleWarning(null)).toBe(600);
    const idle = cluster('a', { idle_stop_at: 1000 });
    expect(idleOf(idle, LOCAL, 300)).toEqual({ seconds: 700, isNear: false });
    expect(idleOf(idle, LOCAL, 400)).toEqual({ seconds: 600, isNear: true });
    expect(idleOf(idle, LOCAL, 2000)?.seconds).toBe(0);
    expect(idleOf(cluster('a'), LOCAL, 0)).toBeNull();
  });

  it('describes what closing would discard, if anything', () => {
    expect(formatLoss(cluster('zee', { tasks: 312 }), trans)).toBe(
      'zee is running 312 tasks.'
    );
    expect(formatLoss(cluster('zee', { tasks: 0 }), trans)).toBe('');
    expect(
      formatLoss(cluster('zee', { tasks: 3, state: 'failed' }), trans)
    ).toBe('');
  });
});

describe('client code', () => {
  const there = cluster('zee', { scheduler_address: 'tcp://10.0.0.7:8786' });

  it('uses hrlab if the kernel has it', () => {
    expect(clientCode(there, true)).toBe(
      'import hrlab\n\nclient = hrlab.connect("zee")\nclient'
    );
    expect(clientCode(there, false)).toContain('Client("tcp://10.0.0.7:8786")');
  });

  it('quotes a name as Python does', () => {
    const odd = cluster('a', { name: 'a"); import os #' });
    expect(clientCode(odd, true)).toContain('connect("a\\"); import os #")');
  });

  it('uses another user’s cluster by its id, with visible consent', () => {
    const others = cluster('zee-9x', {
      name: 'zee',
      mine: false,
      scheduler_address: 'tcp://10.0.0.9:8786'
    });
    expect(clientCode(others, true)).toContain(
      'client = hrlab.connect("zee-9x", others=True)'
    );
    for (const code of [clientCode(others, true), clientCode(others, false)]) {
      expect(code).toMatch(/^# Not one of your clusters: .*\n/);
    }
    expect(clientCode(others, false)).toContain(
      'Client("tcp://10.0.0.9:8786")'
    );
    expect(connectExpression(others)).toContain(
      '"zee-9x", "tcp://10.0.0.9:8786", True'
    );
    const own = { ...others, mine: true };
    expect(clientCode(own, true)).toBe(
      'import hrlab\n\nclient = hrlab.connect("zee")\nclient'
    );
    expect(connectExpression(own)).toContain(
      '"zee-9x", "tcp://10.0.0.9:8786", False'
    );
  });

  it('is one expression that adds no names', () => {
    const expression = connectExpression(there);
    expect(expression).not.toContain('\n');
    expect(expression).toContain('"zee", "tcp://10.0.0.7:8786"');
    expect(connectExpression(cluster('b'))).toContain('"b", None');
  });
});
