import { UUID } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import {
  ApiError,
  ClusterPatch,
  ICluster,
  IClusterRequest,
  IProfile,
  IProfiles
} from '../api';
import type { IClusters } from '../tokens';
import { ClusterChoices, withoutKey } from './saved-choices';
import { BROWSER_CLOCK, IClock } from '../shared/clock';
import { optimisticCluster } from './optimistic';

const COALESCE_MS = 150;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60000;
/** Polling interval while a cluster starts or closes, in case an event is lost. */
const DOUBT_MS = 5000;

/** A cluster as shown in the panel. */
export interface IClusterItem {
  readonly cluster: ICluster;
  /** Whether only this page knows it: the server has not responded or has refused it. */
  readonly pending: boolean;
  /** The request it was created from, if known. */
  readonly request: IClusterRequest | null;
}

interface IStart {
  readonly request: IClusterRequest;
  readonly cluster: ICluster;
  readonly cancelled: boolean;
}

interface IAnswer {
  /** Null if it was closed. */
  readonly cluster: ICluster | null;
  /** Number of the snapshot at that time; a later snapshot supersedes the answer. */
  readonly asked: number;
}

/**
 * The clusters, including those not yet confirmed by the server.
 *
 * A snapshot is fetched when the list becomes visible and when the server
 * announces a change; nothing is fetched while hidden.
 */
export class ClusterList {
  constructor(
    private readonly _clusters: IClusters,
    readonly choices: ClusterChoices,
    private readonly _clock: IClock = BROWSER_CLOCK
  ) {
    _clusters.changed.connect(this.refresh, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether the clusters have been loaded. */
  get isLoaded(): boolean {
    return this._loaded;
  }

  get error(): Error | null {
    return this._error;
  }

  /** Why clusters of some backends cannot be listed. */
  get problems(): readonly string[] {
    return this._problems;
  }

  /** Available profiles; null until loaded. */
  get profiles(): IProfiles | null {
    return this._profiles;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  /** Newest first. */
  get items(): readonly IClusterItem[] {
    const found = [...this._starts].map(([, start]) => ({
      cluster: start.cluster,
      pending: true,
      request: start.request
    }));
    const known = [...this._current().values()].map(cluster => ({
      cluster: this._closing.has(cluster.id)
        ? { ...cluster, state: 'closing' as const, reason: '' }
        : cluster,
      pending: false,
      request: this.choices.request(cluster.id)
    }));
    return [...found, ...known].sort(
      (a, b) =>
        b.cluster.created_at - a.cluster.created_at ||
        a.cluster.id.localeCompare(b.cluster.id)
    );
  }

  find(id: string): IClusterItem | null {
    return this.items.find(item => item.cluster.id === id) ?? null;
  }

  profile(name: string | null): IProfile | null {
    return (
      this._profiles?.profiles.find(profile => profile.name === name) ?? null
    );
  }

  /** The default profile: the last one used, else the first. */
  get favourite(): IProfile | null {
    return (
      this.profile(this.choices.profile) ?? this._profiles?.profiles[0] ?? null
    );
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    this._clock.clear(this._timer);
    Signal.clearData(this);
  }

  /** Sets whether the content is visible; nothing is fetched while hidden. */
  setActive(active: boolean): void {
    if (active === this._active) {
      return;
    }
    this._active = active;
    if (active) {
      void this._load();
    } else {
      this._clock.clear(this._timer);
    }
  }

  /** Schedules a new snapshot. */
  refresh(): void {
    this._stale = true;
    if (this._active) {
      this._later(COALESCE_MS);
    }
  }

  /** Schedules a new snapshot including the profiles. */
  refreshAll(): void {
    this._profilesStale = true;
    this.refresh();
  }

  /** Returns the profiles, fetching them if needed. */
  async ready(): Promise<IProfiles> {
    if (!this._profiles || this._profilesStale) {
      this._profiles = await this._clusters.profiles();
      this._profilesStale = false;
      this._changed.emit();
    }
    return this._profiles;
  }

  /** Starts a cluster; its card appears immediately. */
  async start(request: IClusterRequest): Promise<void> {
    const key = request.idempotency_key ?? UUID.uuid4();
    const asked = { ...request, idempotency_key: key };
    const cluster = optimisticCluster(
      key,
      asked,
      this.profile(request.profile),
      this._clock.now()
    );
    this._starts.set(key, { request: asked, cluster, cancelled: false });
    this._outstanding += 1;
    this._changed.emit();
    try {
      const made = await this._clusters.create(asked);
      await this._made(key, made, asked);
    } catch (error) {
      this._refused(key, error);
    } finally {
      this._outstanding -= 1;
      this.refresh();
    }
  }

  /** Retries a failed start with the same options. */
  async retry(id: string): Promise<void> {
    const item = this.find(id);
    const profile = item?.request?.profile ?? item?.cluster.profile;
    if (!item || !profile) {
      return;
    }
    const request: IClusterRequest = item.request ?? { profile, options: {} };
    const dismissed = this.remove(id);
    await this.start(request);
    await dismissed;
  }

  /** Closes a cluster, cancels its start, or dismisses a failed one. */
  async remove(id: string): Promise<void> {
    const start = this._starts.get(id);
    if (start) {
      if (start.cluster.state === 'starting') {
        this._starts.set(id, { ...start, cancelled: true });
        this._replace(id, { state: 'closing' });
      } else {
        this._starts.delete(id);
        this._changed.emit();
      }
      return;
    }
    this._closing.add(id);
    this._changed.emit();
    try {
      await this._clusters.remove(id);
      this._answers.set(id, { cluster: null, asked: this._asked });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) {
        throw error;
      }
      this._answers.set(id, { cluster: null, asked: this._asked });
    } finally {
      this._closing.delete(id);
      this._changed.emit();
      this.refresh();
    }
  }

  async patch(id: string, patch: ClusterPatch): Promise<void> {
    await this._clusters.patch(id, patch);
  }

  /** Returns the server's current state of a cluster, or else the last known one. */
  async newest(id: string): Promise<ICluster | null> {
    const known = this.find(id)?.cluster ?? null;
    if (!known || this._starts.has(id)) {
      return known;
    }
    return this._clusters.get(id).catch(() => known);
  }

  private async _made(
    key: string,
    made: ICluster,
    request: IClusterRequest
  ): Promise<void> {
    const cancelled = this._starts.get(key)?.cancelled ?? false;
    this._starts.delete(key);
    this._answers.set(made.id, { cluster: made, asked: this._asked });
    this.choices.made(made.id, request);
    this._changed.emit();
    if (cancelled) {
      await this.remove(made.id);
    }
  }

  /** Marks a start as failed; it stays until dismissed. */
  private _refused(key: string, error: unknown): void {
    const start = this._starts.get(key);
    if (!start || start.cancelled) {
      this._starts.delete(key);
      this._changed.emit();
      return;
    }
    // After a refusal, retrying is a new request. Without a response it is the
    // same request, so that a cluster created meanwhile is found again.
    const answered = error instanceof ApiError && error.status < 500;
    this._starts.set(key, {
      ...start,
      request: answered ? withoutKey(start.request) : start.request
    });
    this._replace(key, {
      state: 'failed',
      reason: error instanceof Error ? error.message : String(error)
    });
  }

  private _replace(key: string, change: Partial<ICluster>): void {
    const start = this._starts.get(key);
    if (start) {
      const cluster = { ...start.cluster, ...change };
      this._starts.set(key, { ...start, cluster });
      this._changed.emit();
    }
  }

  /** Returns the last snapshot, updated with later responses. */
  private _current(): ReadonlyMap<string, ICluster> {
    const current = new Map(this._snapshot.map(item => [item.id, item]));
    for (const [id, { cluster }] of this._answers) {
      if (cluster) {
        current.set(id, cluster);
      } else {
        current.delete(id);
      }
    }
    return current;
  }

  private _later(ms: number): void {
    this._clock.clear(this._timer);
    this._timer = this._clock.set(() => {
      this._stale = true;
      void this._load();
    }, ms);
  }

  private async _load(): Promise<void> {
    // A start without a response yet would be listed twice.
    if (this._busy || !this._active || this._disposed || this._outstanding) {
      return;
    }
    this._busy = true;
    try {
      await this.ready();
      while (this._stale && this._active && !this._disposed) {
        this._stale = false;
        await this._fetch();
      }
      this._retry = FIRST_RETRY_MS;
      this._error = null;
      this._watchChanges();
    } catch (error) {
      this._fail(error);
    } finally {
      this._busy = false;
    }
    this._changed.emit();
  }

  private async _fetch(): Promise<void> {
    this._asked += 1;
    const asked = this._asked;
    const snapshot = await this._clusters.list();
    this._snapshot = snapshot.clusters;
    this._problems = snapshot.problems;
    this._loaded = true;
    for (const [id, answer] of [...this._answers]) {
      if (answer.asked < asked) {
        this._answers.delete(id);
      }
    }
    this._changed.emit();
  }

  private _watchChanges(): void {
    const moving = this.items.some(
      ({ cluster, pending }) =>
        !pending &&
        (cluster.state === 'starting' || cluster.state === 'closing')
    );
    if (moving && this._active) {
      this._later(DOUBT_MS);
    }
  }

  private _fail(error: unknown): void {
    this._stale = true;
    this._error = error instanceof Error ? error : new Error(String(error));
    if (this._active && !this._disposed) {
      this._later(this._retry);
      this._retry = Math.min(this._retry * 2, LONGEST_RETRY_MS);
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _starts = new Map<string, IStart>();
  private readonly _answers = new Map<string, IAnswer>();
  private readonly _closing = new Set<string>();
  private _snapshot: readonly ICluster[] = [];
  private _problems: readonly string[] = [];
  private _profiles: IProfiles | null = null;
  private _profilesStale = false;
  private _loaded = false;
  private _error: Error | null = null;
  private _active = false;
  private _busy = false;
  private _disposed = false;
  private _stale = true;
  private _asked = 0;
  private _outstanding = 0;
  private _timer = 0;
  private _retry = FIRST_RETRY_MS;
}
