import { nullTranslator } from '@jupyterlab/translation';
import { readFileSync } from 'fs';
import { join } from 'path';
import { IDelivery, readExports, readRecord } from '../../api';
import {
  newRefusals,
  formatNextTry,
  formatRefused,
  formatRemedy,
  formatWaiting
} from '../text';
import { Exports } from '../events';
import { usedCluster } from '../../runs/used-cluster';
import { cluster } from '../../clusters/__tests__/fake-clusters';

const trans = nullTranslator.load('hrlab');
const WIRE = join(__dirname, '../../../tests/data/wire');
const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(WIRE, name), 'utf8'));
const NOW = 1795230180;

const golden = (changes: Partial<IDelivery> = {}): IDelivery => {
  const found = readExports(read('exports.json'));
  if (!found) {
    throw new Error('The golden file has no delivery.');
  }
  return { ...found, ...changes };
};

describe('texts of a delivery', () => {
  it('shows how many runs wait, since when, and the next attempt', () => {
    expect(formatWaiting(golden(), NOW, trans)).toMatch(
      /^3 runs are waiting to be delivered since .*\d\d/
    );
    expect(formatNextTry(golden(), NOW, trans)).toMatch(/^Next try in .*34/);
    const due = golden({ next_try_at: NOW });
    expect(formatNextTry(due, NOW, trans)).toBe('Retrying…');
  });

  it.each([
    ['nothing keeps them', { error: null }],
    ['none waits', { waiting: 0 }]
  ])('omits waiting while %s', (_, changes) => {
    expect(formatWaiting(golden(changes), NOW, trans)).toBe('');
  });

  it('shows rejections since the last dismissal', () => {
    const all = newRefusals(golden(), 0);
    expect(formatRefused(golden(), all, trans)).toMatch(
      /^2 runs were rejected/
    );
    const fresh = newRefusals(golden(), all[1].at);
    expect(fresh.map(({ name }) => name)).toEqual(['Zee 100 variations']);
    expect(formatRefused(golden(), fresh, trans)).toMatch(
      /^1 run was rejected/
    );
    expect(formatRefused(golden(), [], trans)).toBe('');
  });

  it('counts all rejections, of which only the latest are listed', () => {
    const many = golden({ refused: 300 });
    const fresh = newRefusals(many, 0);
    expect(formatRefused(many, fresh, trans)).toMatch(/^300 runs/);
  });

  it('shows the remedy for the database’s message', () => {
    const [conflict, old] = golden().refusals;
    expect(formatRemedy(conflict.message, trans)).toContain('a different type');
    expect(formatRemedy(old.message, trans)).toContain('older');
    expect(formatRemedy('HTTP 418', trans)).toContain('Show this');
  });
});

describe('Exports', () => {
  class FakeService {
    asked = 0;
    constructor(public answer: IDelivery | null) {}
    async get(): Promise<IDelivery | null> {
      this.asked += 1;
      return this.answer;
    }
  }

  it('asks a site without delivery only once per server', async () => {
    const service = new FakeService(null);
    const exports = new Exports(service);
    expect(await exports.get()).toBeNull();
    expect(await exports.get()).toBeNull();
    expect(service.asked).toBe(1);
    exports.invalidate();
    service.answer = golden();
    expect((await exports.get())?.waiting).toBe(3);
    await exports.get();
    expect(service.asked).toBe(3);
  });

  it('reads that there is no delivery', () => {
    expect(readExports({ exports: [] })).toBeNull();
  });
});

describe('the cluster of a run', () => {
  const run = readRecord(read('run_v1.json'));
  const [seen] = run.clusters;
  const during = { created_at: run.started_at - 10 };

  it.each([
    ['its id', cluster('zee-1', during)],
    [
      'its address',
      cluster('x', { ...during, scheduler_address: 'tcp://10.0.0.7:8786' })
    ],
    ['its name', cluster('zee-1-k3x9', { ...during, name: 'zee-1' })]
  ])('is known by %s', (_, there) => {
    // A record from before ids were recorded, or of the user's own cluster.
    const noted = there.id === seen.id ? seen : { ...seen, id: null };
    expect(usedCluster(noted, run, [cluster('other', during), there])).toBe(
      there
    );
  });

  it('is not another cluster with the same name at that time', () => {
    const other = cluster('zee-1-k3x9', { ...during, name: 'zee-1' });
    expect(usedCluster(seen, run, [other])).toBeNull();
  });

  it('is found by its id after a rename', () => {
    const other = cluster('zee-1-k3x9', { ...during, name: 'zee-1' });
    const renamed = cluster('zee-1', { ...during, name: 'tau' });
    expect(usedCluster(seen, run, [other, renamed])).toBe(renamed);
  });

  it('is neither a later cluster of the same name nor a failed one', () => {
    const after = { created_at: run.started_at + run.wall_seconds + 1 };
    const failed = { ...during, state: 'failed' };
    expect(
      usedCluster(seen, run, [
        cluster('zee-1', after),
        cluster('zee-1', failed)
      ])
    ).toBeNull();
  });
});
