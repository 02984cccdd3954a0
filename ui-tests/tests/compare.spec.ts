import { readFileSync } from 'fs';
import { join } from 'path';
import type { Locator } from '@playwright/test';
import { HrlabPage, store } from './hrlab';
import { expect, test } from './fixtures';

const WIRE = join(__dirname, '..', '..', 'tests', 'data', 'wire');
const add = (run: object) => store('add', JSON.stringify(run));

const golden = () =>
  JSON.parse(readFileSync(join(WIRE, 'run_v1_resources.json'), 'utf-8'));

/** Two runs of one code: the second waited less, on a different image. */
function addTwo(): void {
  const first = golden();
  const later = first.wall_seconds - 5;
  const phases = {
    ...first.phases,
    post_seconds: first.phases.post_seconds - 5
  };
  delete first.id;
  const alone = { alone: true, other_pods: null };
  add({ ...first, ...alone, labels: { cut: 'loose' } });
  add({
    ...first,
    name: 'tighter cut',
    started_at: first.started_at + 600,
    wall_seconds: later,
    phases,
    alone: false,
    labels: { cut: 'tight' },
    environment: { ...first.environment, image: 'wp5-alma9:next' }
  });
}

async function tickAll(hrlab: HrlabPage, count: number): Promise<void> {
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(count);
  for (let i = 0; i < count; i++) {
    await hrlab.rows.nth(i).click({ modifiers: ['Control'] });
  }
  await hrlab.panel.getByRole('button', { name: /^compare/ }).click();
}

/** Expects each chart of a view to contain its texts. */
async function says(
  view: Locator,
  pictures: Readonly<Record<string, readonly string[]>>
): Promise<void> {
  for (const [name, words] of Object.entries(pictures)) {
    await test.step(name, async () => {
      const svg = view.locator(`.hrlab-mod-${name} .hrlab-Chart svg`);
      for (const word of words) {
        await expect(svg).toContainText(word);
      }
    });
  }
}

/** Returns texts that are clipped by their chart. */
async function cutOff(view: Locator): Promise<string[]> {
  return view.locator('.hrlab-Chart svg').evaluateAll(pictures =>
    pictures.flatMap(picture => {
      const card = picture.closest('.hrlab-ChartCard') ?? picture;
      const { left, right } = card.getBoundingClientRect();
      return [...picture.querySelectorAll('text')]
        .filter(text => {
          const box = text.getBoundingClientRect();
          return box.width && (box.left < left - 2 || box.right > right + 2);
        })
        .map(text => text.textContent ?? '');
    })
  );
}

/** Workers, threads and GiB of the published runs. */
const SHAPES = [
  [0, 0, 0],
  [4, 16, 0],
  [10, 100, 200]
] as const;

/** The facility's published table of the FCC-ee case, which has only wall times. */
function addPublished(): void {
  const table: [number, number, number, number][] = [
    [50, 590, 320, 75],
    [100, 1135, 618, 138]
  ];
  let at = 1795000000;
  for (const [variations, ...walls] of table) {
    for (const [index, wall] of walls.entries()) {
      // Only the local cluster's threads are a guess: the talk does not state them.
      const [count, threads, gibibytes] = SHAPES[index] ?? [0, 0, 0];
      const workers = {
        peak: count,
        time_average: count,
        threads_peak: threads,
        history: []
      };
      const cluster = {
        name: 'zee',
        scheduler_address: null,
        dask_version: null,
        memory_bytes: gibibytes * 2 ** 30,
        clock: null,
        workers
      };
      const run = {
        name: `Zee ${variations}`,
        started_at: at++,
        wall_seconds: wall,
        approach: ['serial', 'local', 'distributed'][index],
        phases: null,
        loops: [],
        marks: [],
        cells: [],
        groups: [],
        clusters: threads ? [cluster] : [],
        workload: { variations },
        alone: null,
        cold: null,
        warnings: []
      };
      add(run);
    }
  }
}

test('selected runs are compared as in published tables', async ({
  hrlab,
  page,
  noise
}) => {
  addPublished();
  await tickAll(hrlab, 6);
  const view = page.locator('.hrlab-CompareView');
  await expect(view).toContainText(
    '8.2 times faster than serial on 100 threads (8 % efficiency)'
  );
  const table = view.locator('.hrlab-Compare-cross');
  await expect(table).toContainText('1135 s');
  await expect(table).toContainText(
    'distributed (10 workers, 100 threads, 200 GiB)'
  );
  await expect(view.locator('.hrlab-Chart svg')).toHaveCount(4);
  await says(view, {
    time: ['wall time, median', '1,135 s', 'serial'],
    'speed-up': ['times faster than serial', 'ideal', 'threads'],
    efficiency: ['efficiency against serial', '100%'],
    work: ['variations', 'distributed']
  });
  await hrlab.picture('compare');
  await view.getByLabel('Baseline').selectOption('local');
  await expect(view).toContainText('4.5 times faster than local');
  await view.getByRole('combobox', { name: /^Over/ }).selectOption('workers');
  await expect(view.locator('.hrlab-Compare-groups')).toContainText('Workers');
  await view.getByLabel('Grouped by').selectOption('workload:variations');
  await expect(view.getByLabel('Baseline')).toContainText('50 variations');
  expect(noise).toEqual([]);
});

test('two runs: what differs first, then where, then hardware use', async ({
  hrlab,
  page,
  noise
}) => {
  addTwo();
  await hrlab.openPanel();
  await hrlab.row('tighter cut').click();
  await page
    .getByRole('button', { name: 'Compare with the Previous Run' })
    .click();
  const view = page.locator('.hrlab-CompareView');
  await expect(view.getByRole('list', { name: 'What differs' })).toContainText(
    'The image differs'
  );
  const line = (part: string) =>
    view.locator(`.hrlab-Compare-difference [data-hrlab-part="${part}"]`);
  await expect(line('wall')).toContainText('\u22125.00 s');
  await expect(line('stage').first()).toContainText('dask: ');
  await expect(line('group').first()).toBeVisible();
  await expect(view.locator('.hrlab-Compare-shared')).toHaveCount(1);
  const cpu = view.locator('.hrlab-mod-resources-cpu');
  await expect(cpu.locator('svg')).toContainText('time since start');
  await says(view, {
    time: ['wall time, median', 'Zee'],
    difference: ['wall time, after', 'dask: wait', '\u22125.00 s'],
    'difference-groups': ['thread time, after'],
    'resources-cpu': ['cores busy', 'before', 'after'],
    'resources-memory': ['memory (GiB)'],
    'resources-network-read': ['network read (MiB/s)'],
    'resources-network-write': ['network written'],
    'resources-disk-read': ['disk read', 'counted once for each pod'],
    'resources-disk-write': ['disk written']
  });
  await expect(view.locator('.hrlab-Compare-shared')).toHaveAttribute(
    'title',
    /3 pods of other clusters ran on its nodes/
  );
  await hrlab.picture('compare-two');
  await view.getByLabel('Hardware use since').selectOption('loop');
  await expect(cpu.locator('svg')).toContainText('since the first dask loop');
  await view.getByLabel('Grouped by').selectOption('label:cut');
  await expect(view.locator('h1')).toContainText('loose');
  await view.locator('.hrlab-Compare-runs summary').first().click();
  await view.locator('.hrlab-Compare-runs .hrlab-Link').first().click();
  await expect(page.locator('.hrlab-RunHeader:visible h1')).toBeVisible();
  expect(noise).toEqual([]);
});

test('long names stay inside their charts, also narrow and dark', async ({
  hrlab,
  page
}) => {
  const long = 'calibrated anew with the default settings of the image';
  const first = golden();
  delete first.id;
  for (const [index, cut] of ['loose', 'tight', 'none'].entries()) {
    const [cluster] = first.clusters;
    const threads_peak = 8 * (index + 1);
    const workers = { ...cluster.workers, threads_peak };
    add({
      ...first,
      name: `Zee ${cut}, ${long}`,
      started_at: first.started_at + 600 * index,
      labels: { [`cut ${long}`]: `${cut} cut, ${long}` },
      clusters: [{ ...cluster, workers }]
    });
  }
  await tickAll(hrlab, 3);
  const view = page.locator('.hrlab-CompareView');
  await view.getByLabel('Grouped by').selectOption(`label:cut ${long}`);
  await expect(view.locator('.hrlab-Chart svg')).toHaveCount(3);
  await expect.poll(() => cutOff(view)).toEqual([]);
  await hrlab.picture('compare-long');
  await page.theme.setDarkTheme();
  await page.setViewportSize({ width: 800, height: 900 });
  await expect.poll(() => cutOff(view)).toEqual([]);
  await hrlab.picture('compare-long-narrow-dark');
});

test('charts are downloaded as PNG, SVG and CSV', async ({ hrlab, page }) => {
  addPublished();
  await page.theme.setDarkTheme();
  await hrlab.openPanel();
  await hrlab.rows.first().click({ button: 'right' });
  await page
    .getByRole('menuitem', { name: 'Compare with Earlier Runs' })
    .click();
  const card = page.locator('.hrlab-CompareView .hrlab-mod-speed-up');
  await expect(card.locator('.hrlab-Chart svg')).toHaveCount(1);
  for (const [kind, start] of [
    ['CSV', 'approach,variations,threads'],
    ['SVG', '<svg'],
    ['PNG', 'PNG']
  ] as const) {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      card.getByRole('button', { name: kind }).click()
    ]);
    expect(file.suggestedFilename()).toBe(
      `comparison-speed-up.${kind.toLowerCase()}`
    );
    const stream = await file.createReadStream();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
    }
    // A PNG is binary, with its signature at the start.
    const text = Buffer.concat(chunks).toString('latin1');
    expect(text.slice(0, 100)).toContain(start);
    if (kind === 'SVG') {
      // Made for paper even with a dark theme.
      expect(text).toContain('fill="#fff"');
      expect(text).not.toMatch(/<text[^>]* fill="#(fff|767676)"/);
    }
  }
});

test('a single selected run cannot be compared', async ({ hrlab }) => {
  store('fill', '1');
  await hrlab.openPanel();
  await hrlab.rows.first().click({ modifiers: ['Control'] });
  await expect(
    hrlab.panel.getByRole('button', { name: /^compare/ })
  ).toBeDisabled();
});
