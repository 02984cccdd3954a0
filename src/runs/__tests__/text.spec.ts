import { nullTranslator } from '@jupyterlab/translation';
import { readFileSync } from 'fs';
import { join } from 'path';
import { readAdvice, readRecord } from '../../api';
import { adviceFor } from '../first-advice';
import { labelsFromText, labelsToText, wrongLabels } from '../labels';
import { lastPhase, segmentsOf } from '../segments';
import { cutInMiddle } from '../../shared/format';
import {
  formatAlone,
  formatFailure,
  formatPhases,
  runHint,
  runInOneSentence
} from '../text';
import { nextOrder, sortGroups } from '../sorting';

const trans = nullTranslator.load('hrlab');
const WIRE = join(__dirname, '../../../tests/data/wire');
const golden = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(WIRE, name), 'utf8'));
const RUN = readRecord(golden('run_v1.json'));
const FAILED = readRecord(golden('run_v1_failed.json'));

describe('segments', () => {
  it('are the phases that took time, in order', () => {
    const phases = segmentsOf(RUN.phases).map(segment => segment.phase);
    expect(phases).toEqual(['pre', 'dask', 'between', 'post']);
    expect(segmentsOf(null)).toEqual([]);
  });

  it('have shares that add up to one', () => {
    const sum = segmentsOf(RUN.phases).reduce((all, s) => all + s.share, 0);
    expect(sum).toBeCloseTo(1, 12);
  });

  it('include the phase a run ended in', () => {
    expect(lastPhase(RUN.phases)).toBe('post');
    expect(lastPhase(null)).toBeNull();
  });
});

describe('sentences', () => {
  it('list phases', () => {
    expect(formatPhases(RUN.phases, trans)).toBe(
      'pre 4.10 s, dask 2 min 2 s, between 1.35 s, post 9.80 s'
    );
  });

  it('describe a run in one sentence', () => {
    expect(runInOneSentence(RUN, trans)).toMatch(
      /^Run Zee 100 variations took 2 min 17 s: pre 4.10 s, dask 2 min 2 s/
    );
  });

  it('describe how a run failed', () => {
    expect(runInOneSentence(FAILED, trans)).toMatch(
      /failed after 16\.1 s.*ZeroDivisionError/
    );
    const stopped = { ...FAILED, wall_seconds: 3, phases: null, error: null };
    expect(formatFailure({ ...stopped, status: 'interrupted' }, trans)).toBe(
      'interrupted after 3.00 s'
    );
  });

  it('attribute the failure of a task to dask', () => {
    const phases = { ...RUN.phases!, post_seconds: 0.001 };
    const error = { type: 'ZeroDivisionError', message: '' };
    const run = { ...RUN, status: 'failed' as const, phases, error };
    expect(formatFailure(run, trans)).toContain('in dask: ZeroDivisionError');
    const loops = RUN.loops.map(loop => ({ ...loop, failed_tasks: 0 }));
    expect(formatFailure({ ...run, loops }, trans)).toContain('in post');
  });

  it('give exact seconds and stages on hover', () => {
    const hint = runHint(RUN, trans);
    expect(hint).toContain('dask: 122.000 s');
    expect(hint).toContain('wait: 22.250 s');
    expect(hint).toContain('wall: 137.250 s');
  });
});

const SKEW = { code: 'skew', text: 'Split it.', evidence: [] };
const TINY = { code: 'tiny-tasks', text: 'Join them.', evidence: [] };

describe('advice', () => {
  it('puts the recorder’s warning first', () => {
    expect(adviceFor(RUN, [SKEW])?.code).toBe('work-left-running');
  });

  const quiet = { ...RUN, warnings: [] };

  it('is empty if nothing stands out', () => {
    expect(adviceFor(quiet, [])).toBeNull();
  });

  it('is the first that is not turned off', () => {
    expect(adviceFor(quiet, [SKEW, TINY])?.code).toBe('skew');
    expect(adviceFor(quiet, [SKEW, TINY], ['skew'])?.code).toBe('tiny-tasks');
    expect(adviceFor(quiet, [SKEW], ['skew'])).toBeNull();
  });

  it('is read from the output’s metadata, and missing in older ones', () => {
    const told = { advice: [{ ...SKEW, evidence: [['group', 'fit'], 'x'] }] };
    expect(readAdvice(told)[0].evidence).toEqual([['group', 'fit']]);
    expect(readAdvice(undefined)).toEqual([]);
    expect(readAdvice({ advice: 'x' })).toEqual([]);
  });
});

describe('labels', () => {
  it('are read and written as name=value', () => {
    const labels = { detector: 'IDEA', slot: 'a=b' };
    expect(labelsFromText(labelsToText(labels))).toEqual(labels);
  });

  it('that are invalid are listed', () => {
    expect(wrongLabels('a=1, b, =c')).toEqual(['b', '=c']);
    expect(labelsFromText('b, =c')).toEqual({});
  });
});

describe('long names', () => {
  it('keep their tail when truncated', () => {
    const name = 'a very long name of a run, variation 17';
    const [head, tail] = cutInMiddle(name);
    expect(head + tail).toBe(name);
    expect(tail).toBe('tion 17');
  });
});

describe('groups', () => {
  it('are sorted by any column, largest first', () => {
    const order = { column: 'tasks', descending: true } as const;
    const names = sortGroups(RUN.groups, order).map(group => group.name);
    expect(names).toEqual(['histogram', 'merge']);
    const turned = nextOrder(order, 'tasks');
    expect(sortGroups(RUN.groups, turned)[0].name).toBe('merge');
    expect(nextOrder(turned, 'name').descending).toBe(false);
  });
});

describe('whether a run was alone', () => {
  it.each([
    [null, null, ''],
    [true, null, 'yes'],
    [false, null, 'no: others used the cluster'],
    [true, 1, 'no: 1 pod of other clusters ran on its nodes'],
    [
      false,
      3,
      'no: others used the cluster, 3 pods of other clusters ran on its nodes'
    ]
  ])('alone %p and %p pods of others are %p', (alone, other_pods, words) => {
    expect(formatAlone({ alone, other_pods }, trans)).toBe(words);
  });
});
