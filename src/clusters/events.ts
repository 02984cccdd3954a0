import type { Event } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import {
  ClusterLogs,
  ClusterPatch,
  ClusterService,
  ICluster,
  IClusterRequest,
  IClusterSnapshot,
  IDryRun,
  IProfiles,
  readChanged
} from '../api';
import type { IClusters } from '../tokens';

/** The server's clusters, kept current by its events. */
export class Clusters implements IClusters {
  constructor(private readonly _service: ClusterService) {}

  get changed(): ISignal<IClusters, readonly string[]> {
    return this._changed;
  }

  /** Subscribes to the server's events. */
  follow(stream: Event.Stream): void {
    stream.connect((_, event) => {
      const change = readChanged(event);
      if (change?.topic === 'clusters') {
        this._changed.emit(change.ids);
      }
    });
  }

  /** Tells listeners to fetch again, since events may have been lost. */
  invalidate(): void {
    this._changed.emit([]);
  }

  profiles(): Promise<IProfiles> {
    return this._service.profiles();
  }

  list(): Promise<IClusterSnapshot> {
    return this._service.list();
  }

  get(id: string): Promise<ICluster> {
    return this._service.get(id);
  }

  create(request: IClusterRequest): Promise<ICluster> {
    return this._service.create(request);
  }

  check(request: IClusterRequest): Promise<IDryRun> {
    return this._service.check(request);
  }

  async patch(id: string, patch: ClusterPatch): Promise<void> {
    await this._service.patch(id, patch);
    this._changed.emit([id]);
  }

  async remove(id: string): Promise<void> {
    await this._service.remove(id);
    this._changed.emit([id]);
  }

  logs(id: string): Promise<ClusterLogs> {
    return this._service.logs(id);
  }

  private readonly _changed = new Signal<IClusters, readonly string[]>(this);
}
