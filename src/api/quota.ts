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

/** A number in the quota's unit, or one of two words; neither word means 0. */
export type Amount = number | 'unknown' | 'unlimited';

/** A user or cluster and its share of a quota's usage. */
export interface IHolder {
  readonly name: string;
  readonly used: number;
}

/** A limit, its source and its usage. */
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
  /** Profiles it applies to; null for all. */
  readonly profiles: readonly string[] | null;
  /** Whether requests that exceed it are refused. */
  readonly enforced: boolean;
  readonly holders: readonly IHolder[];
  readonly note: string;
  readonly error: string | null;
}

/** State of a source of limits at its last query; `as_of_at` is null if it never responded. */
export interface IQuotaSource {
  readonly source: string;
  readonly as_of_at: number | null;
  readonly error: string | null;
}

export interface IQuotaReport {
  readonly quotas: readonly IQuota[];
  readonly sources: readonly IQuotaSource[];
}

/** Reads an amount; a missing or invalid one is unknown. */
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

/** Client for the server's `quotas` endpoint. */
export class QuotaService {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async list(): Promise<IQuotaReport> {
    return readQuotas(await requestAPI(this._settings, 'quotas'));
  }
}
