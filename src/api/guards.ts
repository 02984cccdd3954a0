/** A JSON object before validation. */
export type UnknownObject = Readonly<Record<string, unknown>>;

/** Thrown when a server response does not match version 1 of the wire format. */
export class WireError extends Error {
  constructor(what: string) {
    super(`hrlab received something unexpected: ${what}`);
    this.name = 'WireError';
  }
}

export function isObject(value: unknown): value is UnknownObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, what: string): UnknownObject {
  if (!isObject(value)) {
    throw new WireError(`${what} is not an object`);
  }
  return value;
}

export function asString(value: unknown, what: string): string {
  if (typeof value !== 'string') {
    throw new WireError(`${what} is not a string`);
  }
  return value;
}

export function asNumber(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new WireError(`${what} is not a finite number`);
  }
  return value;
}

export function stringOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise;
}

/** Returns a string unchanged and null for anything else; for use with `listOf`. */
export function textOrNull(value: unknown): string | null {
  return stringOr(value, null);
}

export function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : otherwise;
}

export function booleanOr<T>(value: unknown, otherwise: T): boolean | T {
  return typeof value === 'boolean' ? value : otherwise;
}

/** Returns the items that `read` accepts; others are dropped. */
export function listOf<T>(
  value: unknown,
  read: (item: unknown) => T | null
): readonly T[] {
  if (!Array.isArray(value)) {
    return [];
  }
  return value.map(read).filter((item): item is T => item !== null);
}

/** Returns the string values of an object; others are dropped. */
export function stringsOf(value: unknown): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [key, item] of Object.entries(isObject(value) ? value : {})) {
    if (typeof item === 'string') {
      found[key] = item;
    }
  }
  return found;
}

/** Returns the finite numbers of an object; others are dropped. */
export function numbersOf(value: unknown): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [key, item] of Object.entries(isObject(value) ? value : {})) {
    if (typeof item === 'number' && Number.isFinite(item)) {
      found[key] = item;
    }
  }
  return found;
}
