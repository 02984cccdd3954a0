import { nullTranslator } from '@jupyterlab/translation';
import type { ICampaign, ICampaignPlan } from '../../api';
import { readCampaign, readPlan } from '../../api/campaigns';
import { formatCampaign, formatPlan, workersFromText } from '../model';

const trans = nullTranslator.load('hrlab');

const campaign = (changes: object): ICampaign =>
  readCampaign({
    id: 'zee-1',
    name: 'Zee: scaling',
    state: 'running',
    points: 6,
    done: 2,
    failed: 0,
    point: 'local 2 workers, repeat 1',
    left_seconds: 125,
    message: '',
    ...changes
  });

describe('workersFromText', () => {
  it.each([
    ['1, 2, 4', [1, 2, 4]],
    ['1 2;4', [1, 2, 4]],
    ['8', [8]],
    ['', null],
    ['1, two', null],
    ['0', null],
    ['1.5', null],
    ['-1', null]
  ])('reads %p', (text, numbers) => {
    expect(workersFromText(text)).toEqual(numbers);
  });
});

describe('readCampaign', () => {
  it('treats an unknown state as a failure', () => {
    expect(campaign({ state: 'dancing' }).state).toBe('failed');
  });

  it('reads how its report compares the runs', () => {
    const { compareBy, baseline } = campaign({ compare_by: 'workers' });
    expect([compareBy, baseline]).toEqual(['workers', null]);
  });

  it('refuses one without an id', () => {
    expect(() => readCampaign({ state: 'done' })).toThrow('campaign.id');
  });
});

describe('formatCampaign', () => {
  it.each([
    [
      {},
      'Zee: scaling: 2 of 6 points \u00b7 about 2 min 5 s left \u00b7 local 2 workers, repeat 1'
    ],
    [
      { state: 'starting', done: 0, point: '', left_seconds: null },
      'Zee: scaling: 0 of 6 points'
    ],
    [{ state: 'done', done: 6 }, 'Zee: scaling: all 6 points done.'],
    [
      { state: 'done', done: 5, failed: 1, message: '1 points failed.' },
      'Zee: scaling: 5 of 6 points done. 1 points failed.'
    ],
    [{ state: 'done', done: 1, points: 1 }, 'Zee: scaling: 1 point done.'],
    [{ state: 'interrupted' }, 'Zee: scaling: cancelled, 2 of 6 points done.'],
    [{ state: 'failed', message: 'No cluster.' }, 'Zee: scaling: No cluster.']
  ])('says %p', (changes, words) => {
    expect(formatCampaign(campaign(changes), trans)).toBe(words);
  });
});

describe('formatPlan', () => {
  it('names notebook, workers, points and what is allowed', () => {
    const plan: ICampaignPlan = readPlan({
      notebook: 'a/zee.ipynb',
      profile: 'local',
      workers: [1, 2],
      repeats: 3,
      points: 6,
      most_workers: 4,
      profiles: ['local']
    });
    expect(formatPlan(plan, trans)).toBe(
      'Runs zee.ipynb on 1, 2 workers: 6 points. local currently allows 4 workers.'
    );
  });
});
