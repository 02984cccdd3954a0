import { store } from './hrlab';
import { expect, test } from './fixtures';

/** The facility's published table of the FCC-ee case: only wall times. */
function addPublished(): void {
  const table: [number, number, number, number][] = [
    [50, 590, 320, 75],
    [100, 1135, 618, 138]
  ];
  let at = 1795000000;
  for (const [variations, ...walls] of table) {
    for (const [index, wall] of walls.entries()) {
      const threads = [0, 16, 100][index] ?? 0;
      const workers = {
        peak: threads,
        time_average: threads,
        threads_peak: threads,
        history: []
      };
      const cluster = {
        name: 'zee',
        scheduler_address: null,
        dask_version: null,
        memory_bytes: 0,
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
        warnings: []
      };
      store('add', JSON.stringify(run));
    }
  }
}

test('ticked runs are compared as they are published', async ({
  hrlab,
  page,
  noise
}) => {
  addPublished();
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(6);
  const compare = hrlab.panel.getByRole('button', { name: /^compare/ });
  for (let i = 0; i < 6; i++) {
    await hrlab.rows.nth(i).click({ modifiers: ['Control'] });
  }
  await compare.click();
  const view = page.locator('.hrlab-CompareView');
  await expect(view).toContainText(
    '8.2 times faster than serial on 100 threads (8 % efficiency)'
  );
  await expect(view.locator('.hrlab-Compare-cross')).toContainText('1135 s');
  await expect(view.locator('.hrlab-Chart svg')).toHaveCount(4);
  await hrlab.picture('compare');
  await view.getByLabel('Baseline').selectOption('local');
  await expect(view).toContainText('4.5 times faster than local');
  expect(noise).toEqual([]);
});

test('pictures are taken along as PNG, SVG and CSV', async ({
  hrlab,
  page
}) => {
  addPublished();
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
    // A PNG is bytes, with its name at the front.
    const text = Buffer.concat(chunks).toString('latin1');
    expect(text.slice(0, 100)).toContain(start);
  }
});

test('one ticked run can not be compared', async ({ hrlab }) => {
  store('fill', '1');
  await hrlab.openPanel();
  await hrlab.rows.first().click({ modifiers: ['Control'] });
  await expect(
    hrlab.panel.getByRole('button', { name: /^compare/ })
  ).toBeDisabled();
});
