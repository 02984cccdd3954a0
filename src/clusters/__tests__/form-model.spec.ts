import { nullTranslator } from '@jupyterlab/translation';
import { ApiError, IProfile } from '../../api';
import { ClusterChoices } from '../saved-choices';
import { ClusterDrafts } from '../drafts';
import { ClusterForm } from '../form-model';
import { ClusterList } from '../model';
import {
  formatBounds,
  bytesToText,
  formatOption,
  parseBytes
} from '../options';
import { FakeClock, FakeClusters, Gate, PROFILES_V1 } from './fake-clusters';
import { settle } from '../../shared/__tests__/fakes';

const trans = nullTranslator.load('hrlab');
const [LOCAL, OFFLOAD] = PROFILES_V1.profiles;

describe('amounts of memory', () => {
  it.each([
    ['2 GiB', 2 ** 31],
    ['2Gi', 2 ** 31],
    ['512 MB', 512e6],
    ['1.5 kib', 1536],
    ['7', 7],
    ['7 b', 7]
  ])('%s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['', 'GiB', '2 GiX', '-1 GiB', 'i', '1 i', '2 2'])(
    '%p is invalid',
    text => expect(parseBytes(text)).toBeNull()
  );

  it.each([2 ** 31, 268435456, 1536, 1000, 11.25 * 2 ** 30, 0, 123456789])(
    '%d survives formatting and parsing',
    bytes => expect(parseBytes(bytesToText(bytes))).toBe(bytes)
  );

  it('is formatted with its bounds', () => {
    expect(formatBounds(LOCAL.options.memory, trans)).toBe('256 MiB to 24 GiB');
    expect(formatBounds(LOCAL.options.workers, trans)).toBe('0 to 4 workers');
  });

  it('uses the singular for one', () => {
    expect(formatOption(LOCAL.options.cores, 1)).toBe('1 core');
    expect(formatOption(LOCAL.options.cores, 2)).toBe('2 cores');
  });
});

describe('ClusterForm', () => {
  let clusters: FakeClusters;
  let clock: FakeClock;

  function formOf(profile: IProfile): ClusterForm {
    const form = new ClusterForm(clusters, profile, trans, clock);
    form.fill({});
    return form;
  }

  const problems = (form: ClusterForm) =>
    Object.fromEntries(
      form.fields
        .filter(field => field.problem)
        .map(field => [field.name, field.problem])
    );

  beforeEach(() => {
    clusters = new FakeClusters();
    clock = new FakeClock();
  });

  it('has a field for each option that the user may set', () => {
    const form = formOf(OFFLOAD);
    expect(form.fields.map(({ name, text }) => [name, text])).toEqual([
      ['workers', '4'],
      ['minimum', '0'],
      ['adapt', 'false'],
      ['site', 'vk-na']
    ]);
    expect(form.fixed).toEqual(['Image: ghcr.io/example/jlab:1']);
    expect(form.isDefault).toBe(true);
  });

  it('requests the input in the option’s type', () => {
    const form = formOf(LOCAL);
    form.set('workers', '3');
    form.set('memory', '1 GiB');
    form.setName(' night ');
    expect(form.request()).toEqual({
      profile: 'local',
      name: 'night',
      options: { workers: 3, cores: 1, memory: 2 ** 30 }
    });
    expect(form.isDefault).toBe(false);
  });

  it('shows a problem beside its field, without a request', async () => {
    const form = formOf(LOCAL);
    await clock.fire();
    form.set('workers', '1.5');
    form.set('cores', '3');
    form.set('memory', 'much');
    await clock.fire();
    expect(problems(form)).toEqual({
      workers: 'Enter a whole number.',
      cores: 'Allowed: 1 to 2 cores.',
      memory: 'Enter an amount of memory such as 2 GiB.'
    });
    expect(form.isValid).toBe(false);
    expect(form.request()).toBeNull();
    expect(clusters.checked).toHaveLength(1);
  });

  it('sends one request after a pause', async () => {
    const form = formOf(LOCAL);
    await clock.fire();
    for (const text of ['1', '2', '3']) {
      form.set('workers', text);
    }
    await clock.fire();
    expect(clusters.checked.map(({ options }) => options.workers)).toEqual([
      2, 3
    ]);
    expect(form.isChecking).toBe(false);
  });

  it('puts refusals beside their fields, others below', async () => {
    const refusal = (limit: string) => ({
      limit,
      asked: 1,
      left: 0,
      message: `no ${limit}`
    });
    clusters.dryRun = {
      allowed: false,
      refusals: ['workers', 'memory', 'clusters', 'name'].map(refusal),
      warnings: ['old image'],
      asks: null
    };
    const form = formOf(LOCAL);
    await clock.fire();
    expect(problems(form)).toEqual({
      workers: 'no workers',
      memory: 'no memory'
    });
    expect(form.refusals).toEqual(['no clusters']);
    expect(form.refusalsOf('name')).toEqual(['no name']);
    expect(form.warnings).toEqual(['old image']);
    expect(form.isValid).toBe(false);
    form.set('workers', '1');
    expect(problems(form)).toEqual({});
  });

  it('reads refusals from an error, too; other errors do not block', async () => {
    const detail = JSON.stringify({
      refusals: [{ limit: 'workers', message: 'too many' }]
    });
    clusters.failure = new ApiError(422, 'invalid-request', 'no', detail);
    const form = formOf(LOCAL);
    await clock.fire();
    expect(problems(form)).toEqual({ workers: 'too many' });
    clusters.failure = new Error('away');
    form.set('workers', '1');
    await clock.fire();
    expect(form.trouble).toBe('away');
    expect(form.isValid).toBe(true);
  });

  it('drops the response to an outdated request', async () => {
    clusters.gate = new Gate();
    clusters.dryRun = {
      allowed: false,
      refusals: [{ limit: 'workers', asked: 2, left: 1, message: 'old' }],
      warnings: [],
      asks: null
    };
    const form = formOf(LOCAL);
    await clock.fire();
    form.set('workers', '1');
    clusters.gate.release();
    await settle();
    expect(problems(form)).toEqual({});
    expect(form.isChecking).toBe(true);
  });

  it('keeps the resources of the request while the next response is pending', async () => {
    const asks = { workers: 3, cores: 6, memory_bytes: 3 * 2 ** 30 };
    clusters.dryRun = { ...clusters.dryRun, asks };
    const form = formOf(LOCAL);
    expect(form.asks).toBeNull();
    await clock.fire();
    expect(form.asks).toEqual(asks);
    form.set('workers', '4');
    expect([form.asks, form.isChecking]).toEqual([asks, true]);
  });

  it('requests as many workers as are allowed, and shows how many that is', async () => {
    const form = formOf(LOCAL);
    form.setAsManyAsAllowed(true);
    form.set('workers', '4');
    const asks = { workers: 3, cores: 3, memory_bytes: 0 };
    clusters.dryRun = { ...clusters.dryRun, asks };
    await clock.fire();
    expect(clusters.checked.slice(-1)[0]).toMatchObject({
      as_many_as_allowed: true,
      options: { workers: 4 }
    });
    expect(form.cutTo).toBe(3);
    form.set('workers', '3');
    await clock.fire();
    expect(form.cutTo).toBeNull();
    form.setAsManyAsAllowed(false);
    expect(form.request()).not.toHaveProperty('as_many_as_allowed');
  });

  it('accepts values for options that the profile has', () => {
    const form = formOf(LOCAL);
    form.set('cores', '2');
    form.put({ workers: 4, memory: 2 ** 30, gone: 1 });
    expect(form.request()?.options).toEqual({
      workers: 4,
      cores: 2,
      memory: 2 ** 30
    });
    form.set('workers', 'many');
    expect(form.values).toEqual({ cores: 2, memory: 2 ** 30 });
  });

  it('uses the default if a saved value is no longer allowed', () => {
    const form = new ClusterForm(clusters, LOCAL, trans, clock);
    form.fill({ workers: 99, cores: 2, gone: 1 });
    expect(form.request()?.options).toMatchObject({ workers: 2, cores: 2 });
  });
});

describe('ClusterDrafts', () => {
  let clusters: FakeClusters;
  let list: ClusterList;
  let drafts: ClusterDrafts;

  beforeEach(() => {
    clusters = new FakeClusters();
    list = new ClusterList(clusters, new ClusterChoices(null), new FakeClock());
    drafts = new ClusterDrafts(clusters, list, trans, request => ({
      ...request,
      kernel: 'python3'
    }));
  });

  it('remembers the last choice of each profile', async () => {
    await drafts.open('local');
    drafts.form?.set('workers', '3');
    await drafts.start();
    expect(drafts.isOpen).toBe(false);
    expect(clusters.created[0]).toMatchObject({
      profile: 'local',
      kernel: 'python3',
      options: { workers: 3 }
    });
    await drafts.open('local');
    expect(drafts.form?.fields[0].text).toBe('3');
    drafts.useDefaults();
    expect(drafts.form?.fields[0].text).toBe('2');
    drafts.close();
  });

  it('applies the site’s presets and the last choice', async () => {
    await drafts.open('offload');
    expect(drafts.presets.map(([name]) => name)).toEqual(['small', 'a night']);
    drafts.form?.set('minimum', '3');
    drafts.usePreset('a night');
    expect(drafts.form?.request()?.options).toMatchObject({
      workers: 60,
      adapt: true,
      minimum: 0
    });
    expect(drafts.form?.isFilledWith({ workers: 60, adapt: true })).toBe(true);
    await drafts.start();
    await drafts.open('offload');
    drafts.usePreset('small');
    expect(drafts.form?.fields[0].text).toBe('2');
    drafts.usePreset('last used');
    expect(drafts.form?.fields[0].text).toBe('60');
    drafts.close();
    expect(drafts.presets).toEqual([]);
  });

  it('opens with the options of a request that failed', async () => {
    await drafts.open(null, {
      profile: 'offload',
      options: { workers: 7 },
      as_many_as_allowed: true
    });
    expect(drafts.form?.asManyAsAllowed).toBe(true);
    expect(drafts.form?.profile.name).toBe('offload');
    expect(drafts.form?.fields[0].text).toBe('7');
    drafts.close();
  });

  it('shows why a profile is unavailable', async () => {
    await drafts.open('slurm');
    expect(drafts.form).toBeNull();
    expect(drafts.broken?.reason).toContain('line 41');
    await drafts.open('gone');
    expect(drafts.broken?.reason).toContain('no longer exists');
  });
});

describe('ClusterChoices', () => {
  it('survives a reload', async () => {
    const kept = new Map<string, unknown>();
    const db = {
      fetch: async (key: string) => kept.get(key),
      save: async (key: string, value: unknown) => {
        kept.set(key, JSON.parse(JSON.stringify(value)));
      }
    };
    const first = new ClusterChoices(db as never);
    first.remember('local', { workers: 3 });
    first.made('a', {
      profile: 'local',
      options: { workers: 3 },
      idempotency_key: 'k'
    });
    const second = new ClusterChoices(db as never);
    await second.load();
    expect(second.profile).toBe('local');
    expect(second.last('local')).toEqual({ workers: 3 });
    expect(second.request('a')).toEqual({
      profile: 'local',
      options: { workers: 3 }
    });
    expect(second.request('b')).toBeNull();
  });
});
