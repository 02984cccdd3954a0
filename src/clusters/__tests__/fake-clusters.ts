import { Signal } from '@lumino/signaling';
import { readFileSync } from 'fs';
import { join } from 'path';
import {
  ClusterLogs,
  ClusterPatch,
  ICluster,
  IClusterRequest,
  IClusterSnapshot,
  IDryRun,
  IProfiles,
  readCluster,
  readProfiles
} from '../../api';
import type { IClusters } from '../../tokens';
import type { IClock } from '../../shared/clock';
import { settle } from '../../shared/__tests__/fakes';

const PROFILES = join(__dirname, '../../../tests/data/wire/profiles_v1.json');

export const PROFILES_V1: IProfiles = readProfiles(
  JSON.parse(readFileSync(PROFILES, 'utf8'))
);

export function cluster(
  id: string,
  changes: Readonly<Record<string, unknown>> = {}
): ICluster {
  return readCluster({
    id,
    name: id,
    state: 'ready',
    mine: true,
    created_at: 100,
    profile: 'local',
    workers: { asked: 2, ready: 2 },
    ...changes
  });
}

/** A promise resolved on demand. */
export class Gate {
  readonly open: Promise<void>;
  release: () => void = () => undefined;
  constructor() {
    this.open = new Promise(resolve => (this.release = resolve));
  }
}

/** In-memory cluster server that records its requests. */
export class FakeClusters implements IClusters {
  readonly changed: Signal<IClusters, readonly string[]> = new Signal(this);
  readonly asked: string[] = [];
  readonly created: IClusterRequest[] = [];
  readonly checked: IClusterRequest[] = [];
  there: ICluster[] = [];
  dryRun: IDryRun = { allowed: true, refusals: [], warnings: [], asks: null };
  /** Error thrown by the next calls. */
  failure: Error | null = null;
  gate: Gate | null = null;

  async profiles(): Promise<IProfiles> {
    this.asked.push('profiles');
    return PROFILES_V1;
  }

  async list(): Promise<IClusterSnapshot> {
    this.asked.push('list');
    this._fail();
    return { clusters: [...this.there], problems: [] };
  }

  async get(id: string): Promise<ICluster> {
    this._fail();
    return this.there.find(found => found.id === id) ?? cluster(id);
  }

  async create(request: IClusterRequest): Promise<ICluster> {
    this.asked.push('create');
    this.created.push(request);
    await this.gate?.open;
    this._fail();
    const made = cluster(`made-${this.created.length}`, {
      state: 'starting',
      created_at: 200
    });
    this.there.push(made);
    return made;
  }

  async check(request: IClusterRequest): Promise<IDryRun> {
    this.checked.push(request);
    const answer = this.dryRun;
    await this.gate?.open;
    this._fail();
    return answer;
  }

  async patch(id: string, patch: ClusterPatch): Promise<void> {
    this.asked.push(`patch ${id} ${JSON.stringify(patch)}`);
  }

  async remove(id: string): Promise<void> {
    this.asked.push(`remove ${id}`);
    this._fail();
    this.there = this.there.filter(found => found.id !== id);
  }

  async logs(): Promise<ClusterLogs> {
    return {};
  }

  private _fail(): void {
    if (this.failure) {
      throw this.failure;
    }
  }
}

/** A clock that only advances on demand. */
export class FakeClock implements IClock {
  readonly due = new Map<number, () => void>();
  readonly delays: number[] = [];
  private _next = 0;

  set(callback: () => void, ms: number): number {
    this._next += 1;
    this.due.set(this._next, callback);
    this.delays.push(ms);
    return this._next;
  }

  clear(id: number): void {
    this.due.delete(id);
  }

  time = 1000;

  now(): number {
    return this.time;
  }

  async fire(): Promise<void> {
    const due = [...this.due.values()];
    this.due.clear();
    due.forEach(callback => callback());
    await settle();
  }
}
