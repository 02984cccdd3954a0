import { nullTranslator } from '@jupyterlab/translation';
import { IProfile, readProfiles } from '../../api';
import { workersOption } from '../workers-option';
import { cluster } from './fake-clusters';

const GIB = 2 ** 30;
const trans = nullTranslator.load('hrlab');

const profile = (
  limits: Readonly<Record<string, number>>,
  workers: Readonly<Record<string, unknown>> = {}
): IProfile =>
  readProfiles({
    profiles: [
      {
        name: 'p',
        label: 'P',
        kind: 'process',
        options: {
          workers: { type: 'integer', default: 1, minimum: 1, ...workers },
          cores: { type: 'number', default: 1 },
          memory: { type: 'memory', default: GIB }
        },
        limits
      }
    ],
    broken: []
  }).profiles[0];

const two = (changes: Readonly<Record<string, unknown>> = {}) =>
  cluster('a', {
    workers: { asked: 2, ready: 2 },
    cores: 2,
    memory_bytes: 2 * GIB,
    ...changes
  });

const most = (...[of, one]: [IProfile | null, ReturnType<typeof two>]) =>
  workersOption(of, one, trans).maximum;

describe('workers that a cluster can be scaled to', () => {
  it('are bounded by the option or the limit of workers, whichever is less', () => {
    expect(most(profile({}, { maximum: 12 }), two())).toBe(12);
    expect(most(profile({ workers: 8 }, { maximum: 12 }), two())).toBe(8);
    expect(most(profile({ workers: 20 }, { maximum: 12 }), two())).toBe(12);
  });

  it('fit into the allowed memory at the size of the existing workers', () => {
    const small = profile({ memory_bytes: 12 * GIB }, { maximum: 12 });
    expect(most(small, two())).toBe(12);
    expect(most(small, two({ memory_bytes: 8 * GIB }))).toBe(3);
  });

  it('fit into the allowed cores', () => {
    const small = profile({ cores: 16 }, { maximum: 32 });
    expect(most(small, two())).toBe(16);
    expect(most(small, two({ cores: 8 }))).toBe(4);
    expect(most(small, two({ cores: 3 }))).toBe(10); // a worker has 1.5
  });

  it('have the default size while there are none', () => {
    const none = { workers: { asked: 0, ready: 0 }, cores: 0, memory_bytes: 0 };
    const small = profile({ memory_bytes: 5 * GIB, cores: 40 });
    expect(most(small, two(none))).toBe(5);
  });

  it('have no bounds if none are known', () => {
    expect(most(profile({}), two())).toBeNull();
    expect(most(null, two())).toBeNull();
    expect(workersOption(profile({}), two(), trans).minimum).toBe(1);
  });
});
