import type { ServerConnection } from '@jupyterlab/services';
import {
  asObject,
  isObject,
  listOf,
  numberOr,
  stringOr,
  UnknownObject
} from './guards';
import { requestAPI } from './request';

/** A run that the site's database will never take, and its own words why. */
export interface IRefusedRun {
  readonly run: string;
  /** As it was called then; empty if nobody knows. */
  readonly name: string;
  readonly at: number;
  readonly message: string;
}

/** Where the site has runs delivered to, and how that goes. */
export interface IDelivery {
  readonly target: string;
  readonly waiting: number;
  /** All that were ever refused; `refusals` are the newest, the latest first. */
  readonly refused: number;
  readonly refusals: readonly IRefusedRun[];
  /** Why runs wait; null if nothing keeps them. */
  readonly error: string | null;
  readonly away_since_at: number | null;
  readonly next_try_at: number | null;
}

function readRefusal(value: unknown): IRefusedRun | null {
  return isObject(value) && typeof value.run === 'string'
    ? {
        run: value.run,
        name: stringOr(value.name, ''),
        at: numberOr(value.at, 0),
        message: stringOr(value.message, '')
      }
    : null;
}

function readDelivery(data: UnknownObject): IDelivery {
  return {
    target: stringOr(data.target, ''),
    waiting: numberOr(data.waiting, 0),
    refused: numberOr(data.refused, 0),
    refusals: listOf(data.refusals, readRefusal),
    error: stringOr(data.error, null),
    away_since_at: numberOr(data.away_since_at, null),
    next_try_at: numberOr(data.next_try_at, null)
  };
}

/** Null: the site has no runs delivered. */
export function readExports(value: unknown): IDelivery | null {
  const data = asObject(value, 'exports');
  const [first] = listOf(data.exports, item => (isObject(item) ? item : null));
  return first ? readDelivery(first) : null;
}

/** The `exports` endpoint of the server. */
export class ExportService {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async get(): Promise<IDelivery | null> {
    return readExports(await requestAPI(this._settings, 'exports'));
  }
}
