import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { readFileSync } from 'fs';
import { join } from 'path';
import { IQuota, IQuotaReport, readQuotas } from '../../api';
import type { IQuotas } from '../../tokens';
import { barOf, foldQuotas, quotasFor } from '../bars';
import { QuotaList } from '../model';
import { formatBar, formatFill, quotaHint, formatSource } from '../text';
import { FakeClock } from '../../clusters/__tests__/fake-clusters';
import { settle } from '../../shared/__tests__/fakes';

const trans = nullTranslator.load('hrlab');
const GIB = 2 ** 30;

function quota(changes: Readonly<Record<string, unknown>> = {}): IQuota {
  const { quotas } = readQuotas({
    quotas: [
      {
        resource: 'cores',
        scope: 'user',
        limit: 128,
        used: 82,
        available: 46,
        unit: 'cores',
        source: 'site',
        as_of_at: 1000,
        enforced: true,
        holders: [
          { name: 'zee-2', used: 80, mine: true },
          { name: 'zee-1', used: 2, mine: true }
        ],
        ...changes
      }
    ]
  });
  return quotas[0];
}

const asks = (cores: number, memory = 0) => ({
  workers: 1,
  cores,
  memory_bytes: memory
});

describe('a bar', () => {
  it.each([
    [0, 'ok', '82 of 128 cores', ''],
    [16, 'ok', '82 + 16 of 128 cores', ''],
    [21, 'near', '82 + 21 of 128 cores', '80 % full'],
    [46, 'full', '82 + 46 of 128 cores', 'full'],
    [47, 'over', '82 + 47 of 128 cores', '1 over'],
    [1.5, 'ok', '82 + 1.5 of 128 cores', '']
  ])('with %d cores requested is %s', (cores, fill, words, near) => {
    const bar = barOf(quota(), asks(cores));
    expect(bar.fill).toBe(fill);
    expect(formatBar(bar, trans)).toBe(words);
    expect(formatFill(bar, trans)).toBe(near);
    expect(bar.usedShare + bar.askedShare).toBeLessThanOrEqual(1);
  });

  it('that is not enforced is short, not over, with a request', () => {
    const bar = barOf(quota({ enforced: false }), asks(47));
    expect(bar.fill).toBe('near');
    expect(formatFill(bar, trans)).toBe('1 short');
  });

  it('shows usage near the limit without a request', () => {
    expect(formatFill(barOf(quota({ used: 110 }), null), trans)).toBe(
      '86 % used'
    );
  });

  it('shows memory in GiB, storage in GB, and small amounts in smaller units', () => {
    const words = (changes: Record<string, unknown>, memory = 0) =>
      formatBar(barOf(quota(changes), asks(0, memory)), trans);
    const memory = { resource: 'memory', unit: 'bytes' };
    expect(
      words({ ...memory, limit: 200 * GIB, used: 20.5 * GIB }, 8 * GIB)
    ).toBe('20.5 + 8 of 200 GiB');
    expect(words({ ...memory, limit: 200 * GIB, used: 12 * 2 ** 20 })).toBe(
      '12 MiB of 200 GiB'
    );
    expect(
      words({ resource: 'storage', unit: 'bytes', limit: 10e9, used: 8.1e9 })
    ).toBe('8.1 of 10 GB');
    expect(
      words({ resource: 'storage', unit: 'bytes', limit: 10 * GIB, used: GIB })
    ).toBe('1 of 10 GiB');
    expect(
      words({ resource: 'hours', unit: 'core-hours', limit: 500, used: 1 / 3 })
    ).toBe('0.333 of 500 core hours');
  });

  it.each([
    [{ limit: 'unlimited', used: 12 }, 'unlimited', '12 cores used, unlimited'],
    [{ limit: 'unlimited', used: 'unknown' }, 'unlimited', 'unlimited'],
    [{ limit: 'unknown', used: 0 }, 'unknown', '0 cores used, limit unknown'],
    [{ limit: null, used: null }, 'unknown', 'limit unknown'],
    [
      { limit: 128, used: 'unknown' },
      'unknown',
      'limit 128 cores, usage unknown'
    ]
  ])('of %p is neither 0 nor full', (changes, fill, words) => {
    const bar = barOf(quota(changes), asks(4));
    expect(bar.fill).toBe(fill);
    expect(formatBar(bar, trans)).toBe(words);
    expect(formatFill(bar, trans)).toBe('');
    expect([bar.usedShare, bar.askedShare]).toEqual([0, 0]);
  });

  it('of a zero limit is full, and of too much is over', () => {
    expect(barOf(quota({ limit: 0, used: 0 }), null)).toMatchObject({
      fill: 'full',
      usedShare: 1
    });
    const over = barOf(quota({ used: 130 }), null);
    expect(over).toMatchObject({ fill: 'over', usedShare: 1, askedShare: 0 });
    expect(formatFill(over, trans)).toBe('2 over');
  });

  it('has a tooltip with remainder, scope, holders and age', () => {
    const hint = quotaHint(barOf(quota(), asks(16)), 1090, trans);
    expect(hint.split('\n')).toEqual([
      'Cores: 82 of 128 cores',
      'Left: 46 cores',
      'Requested here: 16 cores',
      'Applies to: you',
      'Used by: zee-2 (80 cores), zee-1 (2 cores)',
      'Source: the site’s configuration, 1 min 30 s ago'
    ]);
  });
});

describe('limits', () => {
  it('are read from the wire format', () => {
    const path = join(__dirname, '../../../tests/data/wire/quotas.json');
    const { quotas, sources } = readQuotas(
      JSON.parse(readFileSync(path, 'utf8'))
    );
    const said = (one: IQuota) => formatBar(barOf(one, null), trans);
    expect(quotas.map(said)).toEqual([
      '352 of 480 cores',
      '1,008 of 960 GiB',
      '66 of 70 workers',
      '313 of 2,000 core hours',
      '102 of 112 cores',
      '2 of 8 GiB',
      '8.5 of 10 GiB',
      '12 jobs used, unlimited',
      'limit unknown'
    ]);
    expect(quotas[2].profiles).toEqual(['offload']);
    expect(quotas[8].error).toContain('does not publish');
    expect(sources.filter(({ error }) => error)).toHaveLength(2);
  });

  it('of other profiles and of storage are not in a form', () => {
    const quotas = [
      quota({ resource: 'storage' }),
      quota({ profiles: ['offload'] }),
      quota({ profile: 'local' }),
      quota({ resource: 'memory' })
    ];
    expect(quotasFor(quotas, 'local')).toEqual([quotas[2], quotas[3]]);
  });

  it('that are enforced, scarce or of storage are not folded', () => {
    const binding = quota();
    const short = quota({ enforced: false, used: 120, resource: 'jobs' });
    const storage = quota({ enforced: false, resource: 'storage' });
    const other = quota({ enforced: false, resource: 'memory' });
    expect(foldQuotas([other, short, storage, binding])).toEqual([
      [binding, storage, short],
      [other]
    ]);
    expect(foldQuotas([other])).toEqual([[other], []]);
    // Busy cores fluctuate and would make the list jump.
    const busy = quota({ enforced: false, used: 128, source: 'server' });
    expect(foldQuotas([busy, storage])).toEqual([[storage], [busy]]);
  });
});

describe('a source', () => {
  const state = { source: 'kubernetes', as_of_at: 1000, error: null };

  it('is mentioned only when it fails or is old', () => {
    expect(formatSource(state, 1010, trans)).toBe('');
    expect(formatSource(state, 1600, trans)).toBe(
      'Limits from Kubernetes are 10 min old.'
    );
    const error = 'No response within 5 s.';
    expect(formatSource({ ...state, error }, 1600, trans)).toBe(
      'Limits from Kubernetes: No response within 5 s. Last answer 10 min ago.'
    );
    expect(formatSource({ ...state, as_of_at: null, error }, 1, trans)).toBe(
      'Limits from Kubernetes: No response within 5 s.'
    );
  });
});

class FakeQuotas implements IQuotas {
  readonly changed: Signal<IQuotas, void> = new Signal(this);
  asked = 0;
  failing = false;

  async list(): Promise<IQuotaReport> {
    this.asked += 1;
    if (this.failing) {
      throw new Error('away');
    }
    return { quotas: [quota({ used: this.asked })], sources: [] };
  }
}

describe('QuotaList', () => {
  let quotas: FakeQuotas;
  let clock: FakeClock;
  let list: QuotaList;

  beforeEach(() => {
    quotas = new FakeQuotas();
    clock = new FakeClock();
    list = new QuotaList(quotas, clock);
  });

  it('fetches when shown, and once more after any number of events', async () => {
    quotas.changed.emit();
    await clock.fire();
    expect(quotas.asked).toBe(0);
    list.setActive(true);
    await settle();
    quotas.changed.emit();
    quotas.changed.emit();
    await clock.fire();
    expect(quotas.asked).toBe(2);
    expect(list.report?.quotas[0].used).toBe(2);
  });

  it('polls each minute while shown, as not every change is announced', async () => {
    list.setActive(true);
    await settle();
    expect(clock.delays).toEqual([60_000]);
    await clock.fire();
    expect(quotas.asked).toBe(2);
    list.setActive(false);
    expect(clock.due.size).toBe(0);
    clock.time += 61;
    list.setActive(true);
    await settle();
    expect(quotas.asked).toBe(3);
    expect(clock.due.size).toBe(1);
  });

  it('fetches nothing while hidden, and catches up when shown', async () => {
    list.setActive(true);
    await settle();
    list.setActive(false);
    list.setActive(true);
    await settle();
    expect(quotas.asked).toBe(1); // nothing has changed meanwhile
    list.setActive(false);
    quotas.changed.emit();
    await clock.fire();
    expect(quotas.asked).toBe(1);
    list.setActive(true);
    await settle();
    expect(quotas.asked).toBe(2);
  });

  it('keeps its value while the server is unreachable, reports it, and retries', async () => {
    list.setActive(true);
    await settle();
    quotas.failing = true;
    list.refresh();
    await clock.fire();
    expect(list.error?.message).toBe('away');
    expect(list.report?.quotas).toHaveLength(1);
    quotas.failing = false;
    await clock.fire();
    expect(list.error).toBeNull();
    expect(quotas.asked).toBe(3);
  });
});
