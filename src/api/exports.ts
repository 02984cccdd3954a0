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

/** A run that the site's database rejected for good, with its error message. */
export interface IRefusedRun {
  readonly run: string;
  /** The name at the time of rejection; empty if unknown. */
  readonly name: string;
  readonly at: number;
  readonly message: string;
}

/** Where runs are delivered, and the state of the delivery. */
export interface IDelivery {
  readonly target: string;
  readonly waiting: number;
  /** Number of all rejected runs; `refusals` has the latest, newest first. */
  readonly refused: number;
  readonly refusals: readonly IRefusedRun[];
  /** Why runs are waiting; null if delivery works. */
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

/** Null if the site does not deliver runs. */
export function readExports(value: unknown): IDelivery | null {
  const data = asObject(value, 'exports');
  const [first] = listOf(data.exports, item => (isObject(item) ? item : null));
  return first ? readDelivery(first) : null;
}

/** Client for the server's `exports` endpoint. */
export class ExportService {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async get(): Promise<IDelivery | null> {
    return readExports(await requestAPI(this._settings, 'exports'));
  }
}
