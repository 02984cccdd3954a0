import type { ServerConnection } from '@jupyterlab/services';
import {
  asNumber,
  asObject,
  asString,
  listOf,
  numberOr,
  numbersOf,
  stringOr,
  textOrNull
} from './guards';
import { requestAPI } from './request';

/** A request to measure how a run scales with workers. */
export interface ICampaignRequest {
  readonly run: string;
  readonly profile?: string;
  readonly workers?: readonly number[];
  readonly repeats?: number;
}

/** The runs that a request would measure. */
export interface ICampaignPlan {
  readonly notebook: string;
  readonly profile: string;
  readonly workers: readonly number[];
  readonly repeats: number;
  readonly points: number;
  /** Maximum that the profile and quotas currently allow. */
  readonly mostWorkers: number;
  readonly profiles: readonly string[];
}

const STATES = [
  'starting',
  'running',
  'done',
  'budget',
  'interrupted',
  'failed'
] as const;
export type CampaignState = (typeof STATES)[number];

/** A campaign and its progress. */
export interface ICampaign {
  readonly id: string;
  readonly name: string;
  readonly state: CampaignState;
  readonly points: number;
  readonly done: number;
  readonly failed: number;
  /** Description of the current step. */
  readonly point: string;
  readonly leftSeconds: number | null;
  readonly message: string;
  /** Ids of its successful runs; only set when a single campaign is requested. */
  readonly runIds: readonly string[];
  /** The report's grouping; null for the default grouping. */
  readonly compareBy: string | null;
  readonly baseline: string | null;
}

export function isCampaignOn({ state }: ICampaign): boolean {
  return state === 'starting' || state === 'running';
}

export function readCampaign(value: unknown): ICampaign {
  const data = asObject(value, 'campaign');
  const id = asString(data.id, 'campaign.id');
  return {
    id,
    name: stringOr(data.name, id),
    state: STATES.find(state => state === data.state) ?? 'failed',
    points: numberOr(data.points, 0),
    done: numberOr(data.done, 0),
    failed: numberOr(data.failed, 0),
    point: stringOr(data.point, ''),
    leftSeconds: numberOr(data.left_seconds, null),
    message: stringOr(data.message, ''),
    runIds: listOf(data.run_ids, textOrNull),
    compareBy: textOrNull(data.compare_by),
    baseline: textOrNull(data.baseline)
  };
}

export function readPlan(value: unknown): ICampaignPlan {
  const data = asObject(value, 'plan');
  return {
    notebook: stringOr(data.notebook, ''),
    profile: asString(data.profile, 'plan.profile'),
    workers: listOf(data.workers, item => numberOr(item, null)),
    repeats: asNumber(data.repeats, 'plan.repeats'),
    points: asNumber(data.points, 'plan.points'),
    mostWorkers: numbersOf(data).most_workers ?? 0,
    profiles: listOf(data.profiles, textOrNull)
  };
}

/** Client for the server's `campaigns` endpoints. */
export class CampaignService {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async list(): Promise<readonly ICampaign[]> {
    const data = asObject(await this._call('campaigns'), 'campaigns');
    return listOf(data.campaigns, readCampaign);
  }

  async get(id: string): Promise<ICampaign> {
    return readCampaign(await this._call(this._path(id)));
  }

  /** Returns what a request would measure, without starting anything. */
  async plan(request: ICampaignRequest): Promise<ICampaignPlan> {
    const body = { ...request, dry_run: true };
    return readPlan(await this._call('campaigns', 'POST', body));
  }

  async begin(request: ICampaignRequest): Promise<ICampaign> {
    return readCampaign(await this._call('campaigns', 'POST', request));
  }

  /** Cancels a running campaign, or dismisses a finished one. */
  async end(id: string): Promise<void> {
    await this._call(this._path(id), 'DELETE');
  }

  private _path(id: string): string {
    return `campaigns/${encodeURIComponent(id)}`;
  }

  private _call(path: string, method = 'GET', body?: object): Promise<unknown> {
    return requestAPI(this._settings, path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {})
    });
  }
}
