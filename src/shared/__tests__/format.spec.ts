import { readFileSync } from 'fs';
import { join } from 'path';
import {
  formatBytes,
  formatChange,
  formatClock,
  formatCount,
  formatDuration,
  formatShare
} from '../format';

type Case = readonly [number | null, string];

interface IGolden {
  readonly duration: readonly Case[];
  readonly bytes: readonly Case[];
  readonly count: readonly Case[];
  readonly share: readonly Case[];
  readonly change: readonly (readonly [number, number, string])[];
}

const GOLDEN: IGolden = JSON.parse(
  readFileSync(join(__dirname, '../../../tests/data/units.json'), 'utf8')
);

describe('numbers are formatted as in the kernel', () => {
  it.each(GOLDEN.duration)('duration %p is %p', (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it.each(GOLDEN.bytes)('bytes %p are %p', (value, text) => {
    expect(formatBytes(value)).toBe(text);
  });

  it.each(GOLDEN.count)('count %p is %p', (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it.each(GOLDEN.share)('share %p is %p', (value, text) => {
    expect(formatShare(value)).toBe(text);
  });

  it.each(GOLDEN.change)(
    'change from %p to %p is %p',
    (before, after, text) => {
      const ratio = before > 0 ? after / before - 1 : null;
      expect(formatChange(ratio)).toBe(text);
    }
  );

  it.each([NaN, Infinity, -Infinity])('%p is unknown', value => {
    expect(formatDuration(value)).toBe('\u2013');
    expect(formatBytes(value)).toBe('\u2013');
    expect(formatCount(value)).toBe('\u2013');
  });
});

describe('a running clock', () => {
  it.each([
    [-1, '0 s'],
    [0.9, '0 s'],
    [59.9, '59 s'],
    [61.2, '1 min 1 s']
  ])('shows %p as %p', (seconds, text) => {
    expect(formatClock(seconds)).toBe(text);
  });
});
