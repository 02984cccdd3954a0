import type { ServerConnection } from '@jupyterlab/services';
import {
  ClusterLogs,
  ICluster,
  IClusterSnapshot,
  readCluster,
  readClusters,
  readLogs
} from './cluster';
import { IDryRun, readDryRun } from './dryrun';
import { IProfiles, OptionValues, readProfiles } from './profile';
import { requestAPI } from './request';

/** A request for a cluster; `kernel` is the kernelspec whose Python it runs. */
export interface IClusterRequest {
  readonly profile: string;
  readonly name?: string;
  readonly options: OptionValues;
  readonly idempotency_key?: string;
  /** Start with fewer workers instead of being refused. */
  readonly as_many_as_allowed?: boolean;
  readonly kernel?: string;
}

/** A change of a cluster: scale it, make it adaptive, or reset its idle timeout. */
export type ClusterPatch =
  | { readonly workers: number }
  | { readonly minimum: number; readonly maximum: number }
  | { readonly extend: true };

/** Client for the server's `clusters` and `profiles` endpoints. */
export class ClusterService {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async profiles(): Promise<IProfiles> {
    return readProfiles(await this._call('profiles'));
  }

  async list(): Promise<IClusterSnapshot> {
    return readClusters(await this._call('clusters'));
  }

  async get(id: string): Promise<ICluster> {
    return readCluster(await this._call(this._path(id)));
  }

  async create(request: IClusterRequest): Promise<ICluster> {
    return readCluster(await this._call('clusters', 'POST', request));
  }

  async check(request: IClusterRequest): Promise<IDryRun> {
    return readDryRun(
      await this._call('clusters', 'POST', { ...request, dry_run: true })
    );
  }

  async patch(id: string, patch: ClusterPatch): Promise<void> {
    await this._call(this._path(id), 'PATCH', patch);
  }

  async remove(id: string): Promise<void> {
    await this._call(this._path(id), 'DELETE');
  }

  async logs(id: string): Promise<ClusterLogs> {
    return readLogs(await this._call(`${this._path(id)}/logs`));
  }

  private _path(id: string): string {
    return `clusters/${encodeURIComponent(id)}`;
  }

  private _call(path: string, method = 'GET', body?: object): Promise<unknown> {
    return requestAPI(this._settings, path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {})
    });
  }
}
