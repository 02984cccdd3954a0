import type { TranslationBundle } from '@jupyterlab/translation';
import type { IOption, OptionValue } from '../api';
import { formatBytes } from '../shared/format';

/** A parsed input, or the problem with it. */
export type Parsed =
  | { readonly value: OptionValue; readonly problem: null }
  | { readonly value: null; readonly problem: string };

const PREFIXES = ['', 'k', 'm', 'g', 't', 'p'];
const AMOUNT = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/;
const NUMBER = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function factorOf(unit: string): number | null {
  const word = unit.toLowerCase().replace(/b$/, '');
  const binary = word.endsWith('i');
  const power = PREFIXES.indexOf(binary ? word.slice(0, -1) : word);
  if (power < 0 || (binary && power === 0)) {
    return null;
  }
  return (binary ? 1024 : 1000) ** power;
}

/** Parses `2 GiB`, `512 MB` or `2Gi` into bytes; null if invalid. */
export function parseBytes(text: string): number | null {
  const match = AMOUNT.exec(text);
  const factor = match ? factorOf(match[2]) : null;
  return match && factor !== null
    ? Math.round(Number(match[1]) * factor)
    : null;
}

/** Formats bytes as input text, without losing precision. */
export function bytesToText(bytes: number): string {
  for (let power = BINARY.length - 1; power > 0; power--) {
    const amount = bytes / 1024 ** power;
    if (bytes > 0 && Number.isInteger(amount * 4)) {
      return `${amount} ${BINARY[power]}`;
    }
  }
  return `${bytes} B`;
}

export function valueToText(option: IOption, value: OptionValue): string {
  return option.type === 'memory' && typeof value === 'number'
    ? bytesToText(value)
    : String(value);
}

/** Formats an option's value with its unit. */
export function formatOption(option: IOption, value: OptionValue): string {
  if (option.type === 'memory' && typeof value === 'number') {
    return formatBytes(value);
  }
  return option.unit
    ? `${value} ${unitFor(value, option.unit)}`
    : String(value);
}

/** Returns the unit in singular or plural; sites declare plurals. */
function unitFor(value: OptionValue, unit: string): string {
  return value === 1 && /[^s]s$/.test(unit) ? unit.slice(0, -1) : unit;
}

/** Formats `0 to 4 workers`; empty if there are no bounds. */
export function formatBounds(
  option: IOption,
  trans: TranslationBundle
): string {
  const { minimum, maximum } = option;
  if (minimum !== null && maximum !== null) {
    const low = option.type === 'memory' ? formatBytes(minimum) : minimum;
    return trans.__('%1 to %2', low, formatOption(option, maximum));
  }
  if (minimum !== null) {
    return trans.__('at least %1', formatOption(option, minimum));
  }
  return maximum === null
    ? ''
    : trans.__('at most %1', formatOption(option, maximum));
}

const wrong = (problem: string): Parsed => ({ value: null, problem });
const right = (value: OptionValue): Parsed => ({ value, problem: null });

function parseNumber(
  option: IOption,
  text: string,
  trans: TranslationBundle
): Parsed {
  const value =
    option.type === 'memory'
      ? parseBytes(text)
      : NUMBER.test(text)
        ? Number(text)
        : null;
  if (value === null) {
    return wrong(
      option.type === 'memory'
        ? trans.__('Enter an amount of memory such as 2 GiB.')
        : trans.__('Enter a number.')
    );
  }
  if (option.type === 'integer' && !Number.isInteger(value)) {
    return wrong(trans.__('Enter a whole number.'));
  }
  const low = option.minimum !== null && value < option.minimum;
  const high = option.maximum !== null && value > option.maximum;
  return low || high
    ? wrong(trans.__('Allowed: %1.', formatBounds(option, trans)))
    : right(value);
}

/** Parses the input of an option's field. */
export function parseOption(
  option: IOption,
  text: string,
  trans: TranslationBundle
): Parsed {
  switch (option.type) {
    case 'boolean':
      return right(text === 'true');
    case 'string':
      return right(text);
    case 'choice': {
      const choice = option.choices.find(known => String(known) === text);
      return choice === undefined
        ? wrong(trans.__('Choose one of %1.', option.choices.join(', ')))
        : right(choice);
    }
    default:
      return parseNumber(option, text, trans);
  }
}
