import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import {
  IClusterRequest,
  isObject,
  OptionValues,
  readValues,
  stringOr
} from '../api';

const KEY = 'hrlab:cluster-choices';
/** Number of latest requests kept for "Try again". */
const MOST_REQUESTS = 20;

interface ISaved {
  /** The profile started last. */
  readonly profile: string | null;
  readonly last: Readonly<Record<string, OptionValues>>;
  readonly requests: readonly (readonly [string, IClusterRequest])[];
}

function readRequest(value: unknown): IClusterRequest | null {
  if (!isObject(value) || typeof value.profile !== 'string') {
    return null;
  }
  return {
    profile: value.profile,
    options: readValues(value.options),
    ...(typeof value.name === 'string' ? { name: value.name } : {}),
    ...(typeof value.kernel === 'string' ? { kernel: value.kernel } : {}),
    ...(value.as_many_as_allowed === true ? { as_many_as_allowed: true } : {})
  };
}

/** Returns the request without its idempotency key, so that it creates another cluster. */
export function withoutKey(request: IClusterRequest): IClusterRequest {
  const again: { -readonly [K in keyof IClusterRequest]: IClusterRequest[K] } =
    {
      ...request
    };
  delete again.idempotency_key;
  return again;
}

function readSaved(value: unknown): ISaved {
  const data = isObject(value) ? value : {};
  const last: Record<string, OptionValues> = {};
  for (const [name, item] of Object.entries(
    isObject(data.last) ? data.last : {}
  )) {
    last[name] = readValues(item);
  }
  const requests: (readonly [string, IClusterRequest])[] = [];
  for (const item of Array.isArray(data.requests) ? data.requests : []) {
    const request = Array.isArray(item) ? readRequest(item[1]) : null;
    if (request) {
      requests.push([String(item[0]), request]);
    }
  }
  return { profile: stringOr(data.profile, null), last, requests };
}

/** The user's choices, kept in the state database. */
export class ClusterChoices {
  constructor(private readonly _db: IStateDB | null) {}

  async load(): Promise<void> {
    const saved = readSaved(await this._db?.fetch(KEY));
    this._saved = {
      profile: this._saved.profile ?? saved.profile,
      last: { ...saved.last, ...this._saved.last },
      requests: [...saved.requests, ...this._saved.requests]
    };
  }

  /** The profile started last. */
  get profile(): string | null {
    return this._saved.profile;
  }

  /** Returns the last options chosen for a profile. */
  last(profile: string): OptionValues {
    return this._saved.last[profile] ?? {};
  }

  /** Saves options set in the form. */
  remember(profile: string, options: OptionValues): void {
    this._save({ last: { ...this._saved.last, [profile]: options } });
  }

  /** Returns the request that created a cluster. */
  request(id: string): IClusterRequest | null {
    return this._saved.requests.find(([known]) => known === id)?.[1] ?? null;
  }

  /** Saves the request that created a cluster. */
  made(id: string, request: IClusterRequest): void {
    const others = this._saved.requests.filter(([known]) => known !== id);
    this._save({
      profile: request.profile,
      requests: [...others, [id, withoutKey(request)] as const].slice(
        -MOST_REQUESTS
      )
    });
  }

  private _save(change: Partial<ISaved>): void {
    this._saved = { ...this._saved, ...change };
    const value = this._saved as unknown as ReadonlyPartialJSONValue;
    void this._db?.save(KEY, value);
  }

  private _saved: ISaved = { profile: null, last: {}, requests: [] };
}
