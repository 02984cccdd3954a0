import { nullTranslator } from '@jupyterlab/translation';
import {
  changeOfLine,
  groupingChoice,
  nameOfLine,
  publishedSeconds
} from '../text';

const trans = nullTranslator.load('hrlab');
const line = (before: number | null, after: number | null) => ({
  part: 'stage' as const,
  name: 'wait',
  before,
  after,
  ratio: null
});

describe('texts of a comparison', () => {
  it('distinguishes labels and figures from built-in groupings', () => {
    expect(groupingChoice('label:workers', trans)).toBe('label workers');
    expect(groupingChoice('workload:events', trans)).toBe('workload events');
    expect(groupingChoice('workers', trans)).toBe('workers');
    expect(groupingChoice('label:profile', trans)).toBe('label profile');
    expect(groupingChoice('profile', trans)).toBe('profile');
  });

  it('has whole seconds from 100 on, as in published tables', () => {
    expect([1135.2, 75, 9.876, null].map(publishedSeconds)).toEqual([
      '1135 s',
      '75 s',
      '9.88 s',
      '–'
    ]);
  });

  it('shows the sign of a change, and a dash if it is unknown', () => {
    expect(changeOfLine(line(2, 5))).toBe('+3.00 s');
    expect(changeOfLine(line(5, 2))).toBe('\u22123.00 s');
    expect(changeOfLine(line(null, 2))).toBe('–');
    expect(nameOfLine(line(1, 2), trans)).toBe('dask: wait');
  });
});
