import {
  asObject,
  asString,
  booleanOr,
  isObject,
  listOf,
  numberOr,
  numbersOf,
  stringOr
} from './guards';

export const OPTION_TYPES = [
  'integer',
  'number',
  'string',
  'boolean',
  'choice',
  'memory'
] as const;
export type OptionType = (typeof OPTION_TYPES)[number];

/** The value of an option; memory is in bytes. */
export type OptionValue = string | number | boolean;
export type OptionValues = Readonly<Record<string, OptionValue>>;

/** An option of a profile, as declared by the site. */
export interface IOption {
  readonly type: OptionType;
  readonly default: OptionValue;
  readonly label: string;
  readonly help: string;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly choices: readonly OptionValue[];
  readonly unit: string;
  readonly user_may_set: boolean;
}

/** A profile: a kind of cluster offered by the site. */
export interface IProfile {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly kind: string;
  readonly site: string | null;
  readonly idle_seconds: number | null;
  readonly start_timeout_seconds: number | null;
  readonly usual_start_seconds: number | null;
  readonly options: Readonly<Record<string, IOption>>;
  readonly limits: Readonly<Record<string, number>>;
  /** Option values that can be filled in with one click, by display name. */
  readonly presets: Readonly<Record<string, OptionValues>>;
}

/** A profile that is unavailable, and why. */
export interface IBrokenProfile {
  readonly name: string;
  readonly reason: string;
}

export interface IProfiles {
  readonly profiles: readonly IProfile[];
  readonly broken: readonly IBrokenProfile[];
}

export function readValue(value: unknown): OptionValue | null {
  return typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
    ? value
    : null;
}

/** Returns the valid option values of an object; others are dropped. */
export function readValues(value: unknown): OptionValues {
  const found: Record<string, OptionValue> = {};
  for (const [name, item] of Object.entries(isObject(value) ? value : {})) {
    const read = readValue(item);
    if (read !== null) {
      found[name] = read;
    }
  }
  return found;
}

function readOption(name: string, value: unknown): IOption | null {
  if (!isObject(value)) {
    return null;
  }
  const type = OPTION_TYPES.find(known => known === value.type);
  const standard = readValue(value.default);
  if (!type || standard === null) {
    return null;
  }
  return {
    type,
    default: standard,
    label: stringOr(value.label, '') || name,
    help: stringOr(value.help, ''),
    minimum: numberOr(value.minimum, null),
    maximum: numberOr(value.maximum, null),
    choices: listOf(value.choices, readValue),
    unit: stringOr(value.unit, ''),
    user_may_set: booleanOr(value.user_may_set, true)
  };
}

function readOptions(value: unknown): Readonly<Record<string, IOption>> {
  const found: Record<string, IOption> = {};
  for (const [name, item] of Object.entries(isObject(value) ? value : {})) {
    const option = readOption(name, item);
    if (option) {
      found[name] = option;
    }
  }
  return found;
}

function readPresets(value: unknown): Readonly<Record<string, OptionValues>> {
  return Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).map(([name, options]) => [
      name,
      readValues(options)
    ])
  );
}

export function readProfile(value: unknown): IProfile {
  const data = asObject(value, 'profile');
  const name = asString(data.name, 'profile.name');
  return {
    name,
    label: stringOr(data.label, '') || name,
    description: stringOr(data.description, ''),
    kind: stringOr(data.kind, ''),
    site: stringOr(data.site, null),
    idle_seconds: numberOr(data.idle_seconds, null),
    start_timeout_seconds: numberOr(data.start_timeout_seconds, null),
    usual_start_seconds: numberOr(data.usual_start_seconds, null),
    options: readOptions(data.options),
    limits: numbersOf(data.limits),
    presets: readPresets(data.presets)
  };
}

export function readProfiles(value: unknown): IProfiles {
  const data = asObject(value, 'profiles');
  return {
    profiles: listOf(data.profiles, readProfile),
    broken: listOf(data.broken, item =>
      isObject(item)
        ? {
            name: stringOr(item.name, ''),
            reason: stringOr(item.reason, '')
          }
        : null
    )
  };
}
