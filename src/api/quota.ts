import type { ServerConnection } from '@jupyterlab/services';
import {
  asObject,
  booleanOr,
  isObject,
  listOf,
  numberOr,
  stringOr,
  textOrNull
} from './guards';
import { requestAPI } from './request';

/** A number in the quota's unit, or one of the two words: neither of them is 0. */
export type Amount = number | 'unknown' | 'unlimited';

/** Who holds how much of a quota. */
export interface IHolder {
  readonly name: string;
  readonly used: number;
}

/** A limit, who sets it, and how much of it is used. */
export interface IQuota {
  readonly resource: string;
  readonly scope: string;
  readonly limit: Amount;
  readonly used: Amount;
  readonly available: Amount;
  readonly unit: string;
  readonly source: string;
  readonly as_of_at: number | null;
  readonly label: string;
  /** The profiles whose clusters it is for; null: all. */
  readonly profiles: readonly string[] | null;
  /** Whether what exceeds it is refused. */
  readonly enforced: boolean;
  readonly holders: readonly IHolder[];
  readonly note: string;
  readonly error: string | null;
}

/** How a source of limits was when it was last asked; `as_of_at` is null if it never answered. */
export interface IQuotaSource {
  readonly source: string;
  readonly as_of_at: number | null;
  readonly error: string | null;
}

export interface IQuotaReport {
  readonly quotas: readonly IQuota[];
  readonly sources: readonly IQuotaSource[];
}

/** What is not said, or can't be meant, is unknown. */
function readAmount(value: unknown): Amount {
  return value === 'unlimited' ? value : numberOr(value, 'unknown');
}

function readHolder(value: unknown): IHolder | null {
  return isObject(value)
    ? { name: stringOr(value.name, ''), used: numberOr(value.used, 0) }
    : null;
}

function readProfiles(profile: unknown, profiles: unknown) {
  if (Array.isArray(profiles)) {
    return listOf(profiles, textOrNull);
  }
  return typeof profile === 'string' ? [profile] : null;
}

function readQuota(value: unknown): IQuota | null {
  if (!isObject(value) || typeof value.resource !== 'string') {
    return null;
  }
  return {
    resource: value.resource,
    scope: stringOr(value.scope, ''),
    limit: readAmount(value.limit),
    used: readAmount(value.used),
    available: readAmount(value.available),
    unit: stringOr(value.unit, ''),
    source: stringOr(value.source, ''),
    as_of_at: numberOr(value.as_of_at, null),
    label: stringOr(value.label, ''),
    profiles: readProfiles(value.profile, value.profiles),
    enforced: booleanOr(value.enforced, false),
    holders: listOf(value.holders, readHolder),
    note: stringOr(value.note, ''),
    error: stringOr(value.error, null)
  };
}

function readSource(value: unknown): IQuotaSource | null {
  return isObject(value)
    ? {
        source: stringOr(value.source, ''),
        as_of_at: numberOr(value.as_of_at, null),
        error: stringOr(value.error, null)
      }
    : null;
}

export function readQuotas(value: unknown): IQuotaReport {
  const data = asObject(value, 'quotas');
  return {
    quotas: listOf(data.quotas, readQuota),
    sources: listOf(data.sources, readSource)
  };
}

/** The `quotas` endpoint of the server. */
export class QuotaService {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async list(): Promise<IQuotaReport> {
    return readQuotas(await requestAPI(this._settings, 'quotas'));
  }
}
