import { expect, test } from './fixtures';

const SLEEP = 'import time\ntime.sleep(3)\n"the result"';
const DASK = [
  'from dask.distributed import Client\nclient = Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0")',
  'import time\ntime.sleep(0.3)\nfutures = client.map(lambda n: time.sleep(0.05), range(160), pure=False)\nclient.gather(futures)\ntime.sleep(0.3)\n"all done"'
];

/** Runs until the file exists. */
const WAIT = 'import os, time\nwhile not os.path.exists("go"): time.sleep(0.1)';

test('a timed cell shows its progress, then its phases, and becomes a row', async ({
  hrlab,
  noise
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(DASK);
  await hrlab.pressTiming(0);
  await expect(hrlab.results).toHaveCount(1);
  await hrlab.pressTiming(1);
  await expect(hrlab.progress).toBeVisible();
  await expect(hrlab.progress).toContainText('tasks');
  await hrlab.picture('progress');
  await expect(hrlab.results).toHaveCount(2);
  await expect(hrlab.progress).toHaveCount(0);
  const result = hrlab.results.nth(1);
  await expect(result).toContainText('pre');
  await expect(result).toContainText('dask');
  await expect(result).toContainText('post');
  await expect(result).toContainText('160 tasks');
  await expect(hrlab.cell(1)).toContainText('all done');
  await expect(hrlab.rows).toHaveCount(2);
  await expect(hrlab.rows.first()).toHaveAttribute('aria-label', /done/);
  await hrlab.picture('timed-cell');
  expect(noise).toEqual([]);
});

for (const [what, source] of [
  ['a cell without output', WAIT],
  ['printed text', `print("text", flush=True)\n${WAIT}`]
]) {
  test(`the line under ${what} keeps its place when the run is done`, async ({
    hrlab
  }) => {
    await hrlab.openNotebook([source, '1']);
    await hrlab.pressTiming(0);
    await expect(hrlab.progress).toBeVisible();
    await hrlab.page.waitForTimeout(1200); // it is rendered again each second
    const before = await hrlab.progress.boundingBox();
    const next = await hrlab.cell(1).boundingBox();
    await hrlab.page.contents.uploadContent('go', 'text', `${hrlab.folder}/go`);
    await expect(hrlab.results).toHaveCount(1);
    await expect(hrlab.progress).toHaveCount(0);
    const after = await hrlab.results.first().boundingBox();
    const nextAfter = await hrlab.cell(1).boundingBox();
    const moved = [
      (after?.x ?? 0) - (before?.x ?? 0),
      (after?.y ?? 0) - (before?.y ?? 0),
      (nextAfter?.y ?? 0) - (next?.y ?? 0)
    ];
    expect(moved.map(pixels => Math.round(pixels))).toEqual([0, 0, 0]);
  });
}

test('the whole notebook is timed as one run', async ({ hrlab }) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(['a = 1', '', 'b = a + 1', 'b']);
  await hrlab.execute('hrlab:run-all-with-timing');
  await expect(hrlab.results).toHaveCount(1);
  await expect(hrlab.cell(3)).toContainText('2');
  await expect(hrlab.cell(3).locator('.hrlab-Result')).toHaveCount(1);
  await expect(hrlab.rows).toHaveCount(1);
  await hrlab.rows.first().click();
  await expect(hrlab.view.locator('.hrlab-Facts')).toContainText('Cells3');
});

test('an ordinary run is not timed', async ({ hrlab, page }) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(['1 + 1', '2 + 2']);
  await hrlab.pressTiming(0);
  await expect(hrlab.row('1 + 1')).toHaveCount(1); // no heading above it
  await hrlab.select(1);
  await page.keyboard.press('Control+Enter');
  await expect(hrlab.cell(1)).toContainText('4');
  await expect(hrlab.results).toHaveCount(1);
  await expect(hrlab.rows).toHaveCount(1);
});

test('a failing cell shows its own traceback and where it failed', async ({
  hrlab
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(['1 / 0', '5']);
  await hrlab.execute('hrlab:run-all-with-timing');
  await expect(hrlab.cell(0)).toContainText('ZeroDivisionError');
  await expect(hrlab.results.first()).toContainText('failed after');
  await expect(hrlab.rows.first()).toContainText('failed');
  await expect(hrlab.cell(1).locator('.jp-OutputArea-output')).toHaveCount(0);
  await hrlab.picture('failed-cell');
});

// Galata's mock of the kernels API cannot parse the empty response to an interrupt.
test.describe('interrupting', () => {
  test.use({ kernels: null });

  test('the stop button interrupts the run', async ({ hrlab }) => {
    await hrlab.openPanel();
    await hrlab.openNotebook(['import time\ntime.sleep(60)']);
    await hrlab.pressTiming(0);
    await hrlab.progress.locator('.hrlab-Progress-stop').click();
    await expect(hrlab.cell(0)).toContainText('KeyboardInterrupt');
    await expect(hrlab.progress).toHaveCount(0);
    await expect(hrlab.rows.first()).toContainText('interrupted');
  });
});

test('a record that the kernel could not store is saved by the browser', async ({
  hrlab
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook([
    'import os\nos.environ["HRLAB_STORE"] = "/proc/no-such-place/runs.sqlite"',
    '"only in the notebook"'
  ]);
  await hrlab.runUntimed(0);
  await hrlab.pressTiming(1);
  await expect(hrlab.results).toHaveCount(1);
  await expect(hrlab.rows).toHaveCount(1);
});

test('a cell with %%hrtime becomes a run, too', async ({ hrlab, page }) => {
  await hrlab.openPanel();
  await hrlab.openNotebook([
    '%load_ext hrlab',
    '%%hrtime by magic --label way=magic\n"magic result"'
  ]);
  await hrlab.select(0);
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.press('Shift+Enter');
  await expect(hrlab.cell(1)).toContainText('magic result');
  await expect(hrlab.results).toHaveCount(1);
  await expect(hrlab.row('by magic')).toHaveCount(1);
  await hrlab.row('by magic').click();
  await expect(hrlab.view).toContainText('way=magic');
  await page
    .getByRole('button', { name: 'Open the notebook of this run' })
    .click();
  await expect(hrlab.cell(1)).toHaveClass(/jp-mod-active/);
});

test('a run with %%hrtime is found by its notebook', async ({
  hrlab,
  page
}) => {
  await hrlab.openPanel();
  for (const name of ['first', 'second']) {
    await hrlab.openNotebook(
      ['%load_ext hrlab\n6 * 7', `%%hrtime ${name}\n1`],
      {
        name: `${name}.ipynb`
      }
    );
    await hrlab.runUntimed(0);
    await expect(hrlab.cell(0)).toContainText('42');
    await hrlab.runUntimed(1);
    await expect(hrlab.cell(1).locator('.hrlab-Result')).not.toHaveCount(0);
  }
  await expect(hrlab.rows).toHaveCount(2);
  await hrlab.panel.getByLabel('this notebook').check();
  await expect(hrlab.rows).toHaveCount(1);
  await expect(hrlab.row('second')).toHaveCount(1);
  await page.activity.activateTab('first.ipynb');
  await expect(hrlab.rows.first()).toHaveAttribute('aria-label', /^first,/);
  await expect(hrlab.rows).toHaveCount(1);
});

test('the line comes back when the page is reloaded during a run', async ({
  hrlab,
  noise
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(['import time\ntime.sleep(25)']);
  await hrlab.pressTiming(0);
  await expect(hrlab.progress).toBeVisible();
  await expect(hrlab.rows.first()).toContainText('running');
  await expect(hrlab.rows.first()).not.toContainText('serial');
  await hrlab.reload();
  await expect(hrlab.cell(0).locator('.hrlab-Progress')).toHaveCount(1);
  await hrlab.picture('reloaded-during-a-run');
  await expect(hrlab.rows.first()).toContainText('serial', { timeout: 40_000 });
  await expect(hrlab.progress).toHaveCount(0);
  expect(noise).toEqual([]);
});

test('a kernel restart removes the progress line', async ({ hrlab, page }) => {
  await hrlab.openNotebook([SLEEP.replace('3', '60')]);
  await hrlab.pressTiming(0);
  await expect(hrlab.progress).toBeVisible();
  await hrlab.execute('notebook:restart-kernel');
  await page.locator('.jp-Dialog .jp-mod-accept').click();
  await expect(hrlab.progress).toHaveCount(0);
});

test('a kernel without hrlab still runs the cell and says what to install', async ({
  hrlab
}) => {
  await hrlab.openNotebook(['6 * 7'], { kernel: 'bare' });
  await hrlab.pressTiming(0);
  await expect(hrlab.cell(0)).toContainText('42');
  await expect(hrlab.notification.first()).toContainText(
    'pip install --no-deps hrlab'
  );
  await expect(hrlab.results).toHaveCount(0);
  await hrlab.picture('kernel-without-hrlab');
});

for (const way of ['palette', 'menu', 'context menu', 'keys'] as const) {
  test(`"Run with Timing" is in the ${way}`, async ({ hrlab, page }) => {
    await hrlab.openNotebook(['40 + 2']);
    await hrlab.select(0);
    if (way === 'palette') {
      await page.keyboard.press('Control+Shift+C');
      await page.keyboard.type('Run with Timing');
      await page
        .locator('.lm-CommandPalette-itemLabel', { hasText: 'Run with Timing' })
        .first()
        .click();
    } else if (way === 'menu') {
      await page.menu.clickMenuItem('Run>Run with Timing');
    } else if (way === 'context menu') {
      await hrlab.cell(0).locator('.jp-InputPrompt').click({ button: 'right' });
      await page
        .locator('.lm-Menu-itemLabel', { hasText: 'Run with Timing' })
        .click();
    } else {
      await page.keyboard.press('Control+Alt+Enter');
    }
    await expect(hrlab.cell(0)).toContainText('42');
    await expect(hrlab.results).toHaveCount(1);
  });
}

// As for interrupts: with Galata's mock, a restarted kernel executes nothing.
test.describe('loading', () => {
  test.use({ kernels: null });

  test('a cell with %%hrtime works in a fresh notebook, and after a restart, and loading leaves no trace', async ({
    hrlab,
    page
  }) => {
    await hrlab.openNotebook([
      '%%hrtime fresh\n6 * 7',
      '%%hrtime again\n7 * 8'
    ]);
    await hrlab.runUntimed(0);
    await expect(hrlab.cell(0)).toContainText('42');
    await expect(hrlab.cell(0).locator('.jp-InputPrompt')).toHaveText('[1]:');
    await expect(hrlab.results).toHaveCount(1);
    await hrlab.execute('notebook:restart-run-all');
    await page.locator('.jp-Dialog .jp-mod-accept').click();
    await expect(hrlab.cell(0).locator('.jp-InputPrompt')).toHaveText('[1]:');
    await expect(hrlab.cell(0)).not.toContainText('Error');
    await expect(hrlab.cell(1)).toContainText('56');
    await expect(hrlab.cell(1).locator('.jp-InputPrompt')).toHaveText('[2]:');
    await expect(hrlab.results).toHaveCount(2);
  });
});

test('a Python kernel without hrlab shows no message', async ({ hrlab }) => {
  await hrlab.openNotebook(['6 * 7'], { kernel: 'bare' });
  await hrlab.runUntimed(0);
  await expect(hrlab.cell(0)).toContainText('42');
  await expect(hrlab.cell(0).locator('.jp-InputPrompt')).toHaveText('[1]:');
  await expect(hrlab.notification).toHaveCount(0);
});

test('the stopwatch on a cell without code reports it, and moves on', async ({
  hrlab,
  page
}) => {
  await hrlab.openNotebook(['', '6 * 7']);
  await hrlab.pressTiming(0);
  await expect(hrlab.notification).toContainText(
    'Nothing to time: select a code cell.'
  );
  await expect(hrlab.cell(1)).toHaveClass(/jp-mod-active/);
  await page
    .locator(
      '.jp-NotebookPanel:visible [data-jp-item-name="hrlab-run-with-timing"] jp-button'
    )
    .click();
  await expect(hrlab.cell(1)).toContainText('42');
  await expect(hrlab.results).toHaveCount(1);
  await expect(hrlab.notification).toHaveCount(1);
});
