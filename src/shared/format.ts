/**
 * Number formatting: three significant digits and a unit.
 *
 * The kernel's formatter returns the same texts; both are tested against
 * `tests/data/units.json`.
 */

export const UNKNOWN = '\u2013';
const MINUS = '\u2212';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

const known = (value: number | null): value is number =>
  value !== null && Number.isFinite(value);

function fixed(value: number): string {
  const beforePoint = Math.floor(Math.log10(value)) + 1;
  return value.toFixed(Math.min(20, Math.max(0, 3 - beforePoint)));
}

/** Formats a positive number with three significant digits, without an exponent. */
function significant(value: number): string {
  if (value === 0) {
    return '0';
  }
  const text = fixed(value);
  // 9.996 has one digit before the point, but rounds to 10.0, which has two.
  return Number(text) ? fixed(Number(text)) : text;
}

function twoUnits(
  seconds: number,
  [large, largeUnit]: readonly [number, string],
  [small, smallUnit]: readonly [number, string]
): string {
  const first = Math.floor(seconds / large);
  const second = Math.floor((seconds % large) / small);
  return second
    ? `${first} ${largeUnit} ${second} ${smallUnit}`
    : `${first} ${largeUnit}`;
}

/** Formats a duration of at least one minute in two adjacent units. */
function formatLong(seconds: number): string {
  if (seconds < HOUR) {
    return twoUnits(seconds, [MINUTE, 'min'], [1, 's']);
  }
  const minutes = Math.round(seconds / MINUTE) * MINUTE;
  if (minutes < DAY) {
    return twoUnits(minutes, [HOUR, 'h'], [MINUTE, 'min']);
  }
  const hours = Math.round(seconds / HOUR) * HOUR;
  return twoUnits(hours, [DAY, 'd'], [HOUR, 'h']);
}

const SHORT_UNITS: readonly (readonly [string, number, number])[] = [
  ['µs', 1e6, 1000],
  ['ms', 1e3, 1000],
  ['s', 1, 60]
];

/** Formats a duration: `480 ms`, `4.10 s`, `2 min 3 s`, `1 h 2 min`. */
export function formatDuration(seconds: number | null): string {
  if (!known(seconds)) {
    return UNKNOWN;
  }
  if (seconds < 0) {
    return MINUS + formatDuration(-seconds);
  }
  if (seconds === 0) {
    return '0 s';
  }
  if (seconds < 1e-6) {
    return '< 1 µs';
  }
  for (const [unit, scale, limit] of SHORT_UNITS) {
    const text = significant(seconds * scale);
    if (Number(text) < limit) {
      return `${text} ${unit}`;
    }
  }
  return formatLong(Math.round(seconds));
}

/** Formats a running clock in whole seconds. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < MINUTE ? `${whole} s` : formatDuration(whole);
}

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

const trimmed = (text: string) =>
  text.includes('.') ? text.replace(/\.?0+$/, '') : text;

/** Formats an amount of data or memory: `512 B`, `19.5 GiB`, `20 GiB`. */
export function formatBytes(count: number | null): string {
  if (!known(count)) {
    return UNKNOWN;
  }
  if (count < 0) {
    return MINUS + formatBytes(-count);
  }
  let value = count;
  let unit = 0;
  let text = String(Math.round(value));
  while (Number(text) >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
    text = trimmed(significant(value));
  }
  return `${text} ${BINARY_UNITS[unit]}`;
}

/** Formats a count: `980`, `20,000`; three significant digits if not an integer. */
export function formatCount(count: number | null): string {
  if (!known(count)) {
    return UNKNOWN;
  }
  if (count < 0) {
    return MINUS + formatCount(-count);
  }
  return Number.isInteger(count) || count >= 1000
    ? Math.round(count).toLocaleString('en-US')
    : significant(count);
}

/** Formats a fraction from 0 to 1 in whole per cent. */
export function formatShare(share: number | null): string {
  if (!known(share)) {
    return UNKNOWN;
  }
  if (share > 0 && share < 0.005) {
    return '< 1 %';
  }
  if (share >= 0.995 && share < 1) {
    return '> 99 %';
  }
  return `${Math.round(share * 100)} %`;
}

/** Growth from this factor on is shown as a factor, not as `+25,670 %`. */
const MOST_TIMES = 10;

/** Formats a relative change with its sign: `−6 %`, `+12 %`; from ten times on `258 times`. */
export function formatChange(ratio: number | null): string {
  if (!known(ratio)) {
    return UNKNOWN;
  }
  if (ratio + 1 >= MOST_TIMES) {
    return `${formatCount(Number((ratio + 1).toPrecision(3)))} times`;
  }
  const percent = Math.round(Math.abs(ratio) * 100);
  const sign = percent === 0 ? '±' : ratio < 0 ? MINUS : '+';
  return `${sign}${percent} %`;
}

/** Formats an approximate time span in whole units. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 2 * MINUTE) {
    return formatClock(whole);
  }
  return formatDuration(Math.round(whole / MINUTE) * MINUTE);
}

/** Splits a name into head and tail, so that truncation keeps the often distinctive end. */
export function cutInMiddle(name: string): readonly [string, string] {
  const tail = Math.min(7, Math.floor(name.length / 3));
  return [name.slice(0, name.length - tail), name.slice(name.length - tail)];
}
