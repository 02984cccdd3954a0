import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Route } from '@playwright/test';
import { readFileSync } from 'fs';
import { join } from 'path';

const WIRE = join(__dirname, '../../tests/data/wire');
/** Time of the golden files' cluster snapshot. */
const GOLDEN_NOW = 1795230180;

type Json = Record<string, unknown>;

export const golden = (name: string): Json =>
  JSON.parse(readFileSync(join(WIRE, name), 'utf8'));

function moved(cluster: Json): Json {
  const shift = Date.now() / 1000 - GOLDEN_NOW;
  const found: Json = { ...cluster };
  for (const name of ['since_at', 'created_at', 'idle_stop_at']) {
    const value = cluster[name];
    if (typeof value === 'number') {
      found[name] = value + shift;
    }
  }
  return found;
}

/** Shifts the golden file's timestamps to now. */
function fresh(report: Json): Json {
  const quotas = report.quotas as Json[];
  const sources = report.sources as Json[];
  const found = quotas.map(quota => Number(quota.as_of_at));
  const shift = Date.now() / 1000 - Math.max(...found);
  const later = (item: Json): Json =>
    typeof item.as_of_at === 'number'
      ? { ...item, as_of_at: item.as_of_at + shift }
      : item;
  return { quotas: quotas.map(later), sources: sources.map(later) };
}

/** Returns the golden file's delivery with current timestamps. */
export function exportsNow(changes: Json = {}): Json {
  const [found] = golden('exports.json').exports as Json[];
  const shift = Date.now() / 1000 - GOLDEN_NOW;
  const later = (at: unknown) => Number(at) + shift;
  const delivery = {
    ...found,
    refusals: (found.refusals as Json[]).map(one => ({
      ...one,
      at: later(one.at)
    })),
    away_since_at: later(found.away_since_at),
    next_try_at: later(found.next_try_at),
    ...changes
  };
  return { exports: [delivery] };
}

const json = (route: Route, body: unknown, status = 200): Promise<void> =>
  route.fulfill({
    status,
    contentType: 'application/json',
    body: JSON.stringify(body)
  });

/** Mock cluster server based on the golden files. */
export class MockClusters {
  clusters: Json[] = (golden('clusters_v1.json').clusters as Json[]).map(moved);
  /** Recorded requests except dry runs: verb, path, body. */
  readonly asked: { verb: string; path: string; body: Json }[] = [];
  readonly checked: Json[] = [];
  /** Error response to creation requests; null creates a cluster. */
  refusal: { status: number; message: string } | null = null;
  createDelay = 0;
  quotas: Json = fresh(golden('quotas.json'));

  async serve(page: IJupyterLabPageFixture): Promise<void> {
    await page.route(/hrlab\/api\/profiles/, route =>
      json(route, golden('profiles_v1.json'))
    );
    await page.route(/hrlab\/api\/clusters/, route => this._answer(route));
    await page.route(/hrlab\/api\/quotas/, route => json(route, this.quotas));
  }

  private async _answer(route: Route): Promise<void> {
    const request = route.request();
    const verb = request.method();
    const path = new URL(request.url()).pathname.replace(/^.*\/api\//, '');
    const body: Json = request.postDataJSON() ?? {};
    if (body.dry_run) {
      this.checked.push(body);
      await json(route, this._dryRun(body));
      return;
    }
    if (verb !== 'GET') {
      this.asked.push({ verb, path, body });
    }
    await this._act(route, verb, path, body);
  }

  /** Of the 70 workers that the golden file allows all users, 4 are left. */
  private _dryRun(body: Json): Json {
    const typed = Number((body.options as Json).workers ?? 0);
    const workers = body.as_many_as_allowed ? Math.min(typed, 4) : typed;
    const asks = { workers, cores: workers, memory_bytes: workers * 2 ** 31 };
    return workers > 64
      ? { ...golden('dry_run_v1.json'), asks }
      : { allowed: true, refusals: [], warnings: [], asks };
  }

  private async _act(
    route: Route,
    verb: string,
    path: string,
    body: Json
  ): Promise<void> {
    const id = path.split('/')[1];
    if (verb === 'POST') {
      await this._create(route, body);
    } else if (path.endsWith('/logs')) {
      const scheduler = 'Scheduler at tcp://10.0.0.7:8786\nBack-off pulling';
      await json(route, { logs: { scheduler, 'worker-0': '' } });
    } else if (verb === 'DELETE') {
      this.clusters = this.clusters.filter(cluster => cluster.id !== id);
      await route.fulfill({ status: 204 });
    } else if (path === 'clusters') {
      await json(route, { clusters: this.clusters });
    } else {
      const found = this.clusters.find(cluster => cluster.id === id);
      await json(route, found);
    }
  }

  private async _create(route: Route, body: Json): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, this.createDelay));
    if (this.refusal) {
      const { status, message } = this.refusal;
      const error = { code: 'conflict', message, detail: { refusals: [] } };
      await json(route, { error }, status);
      return;
    }
    const cluster = {
      ...moved((golden('clusters_v1.json').clusters as Json[])[1]),
      id: `made-${this.asked.length}`,
      name: body.name ?? body.profile,
      profile: body.profile,
      created_at: Date.now() / 1000
    };
    this.clusters.push(cluster);
    await json(route, cluster, 201);
  }
}
