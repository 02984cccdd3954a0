import {
  asObject,
  booleanOr,
  isObject,
  listOf,
  numberOr,
  stringOr,
  textOrNull
} from './guards';
import { OptionValue, readValue } from './profile';
import { ApiError } from './request';

/** Why a request would be refused: the option or limit, and the message. */
export interface IRefusal {
  readonly limit: string;
  readonly asked: OptionValue | null;
  readonly left: OptionValue | null;
  readonly message: string;
}

/** Resources of a request; for an adaptive cluster, at its maximum size. */
export interface IAsks {
  readonly workers: number;
  readonly cores: number;
  readonly memory_bytes: number;
}

/** The outcome that a request would have. */
export interface IDryRun {
  readonly allowed: boolean;
  readonly refusals: readonly IRefusal[];
  readonly warnings: readonly string[];
  /** Null if the server did not report it. */
  readonly asks: IAsks | null;
}

function readRefusal(value: unknown): IRefusal | null {
  return isObject(value)
    ? {
        limit: stringOr(value.limit, ''),
        asked: readValue(value.asked),
        left: readValue(value.left),
        message: stringOr(value.message, '')
      }
    : null;
}

function readAsks(value: unknown): IAsks | null {
  return isObject(value)
    ? {
        workers: numberOr(value.workers, 0),
        cores: numberOr(value.cores, 0),
        memory_bytes: numberOr(value.memory_bytes, 0)
      }
    : null;
}

export function readDryRun(value: unknown): IDryRun {
  const data = asObject(value, 'dry run');
  const refusals = listOf(data.refusals, readRefusal);
  return {
    allowed: booleanOr(data.allowed, refusals.length === 0),
    refusals,
    warnings: listOf(data.warnings, textOrNull),
    asks: readAsks(data.asks)
  };
}

/** Returns the refusals contained in a server error. */
export function refusalsOf(error: unknown): readonly IRefusal[] {
  if (!(error instanceof ApiError) || !error.detail) {
    return [];
  }
  try {
    const detail: unknown = JSON.parse(error.detail);
    return isObject(detail) ? listOf(detail.refusals, readRefusal) : [];
  } catch {
    return [];
  }
}
