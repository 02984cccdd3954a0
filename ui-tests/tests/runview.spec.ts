import { store } from './hrlab';
import { expect, test } from './fixtures';

/** A cell whose output is a result with advice. */
const ADVISED = [
  'from IPython.display import display',
  'import json, pathlib, time',
  'record = json.loads(\'\'\'{"id": "abc", "name": "waited", "status": "ok", "started_at": 1, "wall_seconds": 10,',
  ' "phases": {"pre_seconds": 1, "dask_seconds": 8, "between_seconds": 0, "post_seconds": 1},',
  ' "loops": [{"start_seconds": 1, "stop_seconds": 9, "tasks": 3, "failed_tasks": 0, "left_unfinished": 0,',
  ' "stages": {"submit_seconds": 0, "wait_seconds": 6, "compute_seconds": 2, "gather_seconds": 0}}]}\'\'\')',
  'told = {"advice": [{"code": "waited-for-workers", "text": "75 % of the dask time was spent waiting",',
  ' "evidence": [["wait", "6.00 s"]]}]}',
  'display({"application/vnd.hrlab.run+json": record, "text/plain": "plain"}, raw=True,',
  ' metadata={"application/vnd.hrlab.run+json": told})'
].join('\n');

const add = (changes: object) => store('add', JSON.stringify(changes));

test('a run shows its phases, charts, groups, facts, code and warnings', async ({
  hrlab,
  noise
}) => {
  add({ name: 'whole run' });
  await hrlab.openPanel();
  await hrlab.rows.first().click();
  const view = hrlab.view;
  await expect(view).toContainText('pre 4.10 s, dask 2 min 2 s');
  await expect(view).toContainText('2 tasks were still unfinished');
  await expect(view.locator('.hrlab-Chart svg')).toHaveCount(3);
  await expect(view.locator('.hrlab-Code')).toContainText('dask.compute');
  await expect(view.locator('.hrlab-Facts')).toContainText('zee-1');
  await hrlab.picture('run-view');
  await view.locator('.hrlab-Groups').scrollIntoViewIfNeeded();
  await hrlab.picture('run-view-below');
  expect(noise).toEqual([]);
});

test('hardware use is drawn only if it was sampled', async ({
  hrlab,
  page,
  noise
}) => {
  store('add', '{"name": "sampled", "warnings": []}', 'run_v1_resources');
  add({ name: 'not sampled' });
  await hrlab.openPanel();
  await hrlab.row('not sampled').click();
  const titles = hrlab.view.locator('.hrlab-ChartCard:visible h3');
  const plain = ['Phases over time', 'Phases', 'Workers over time'];
  await expect(titles).toHaveText(plain);
  await hrlab.rows.filter({ hasText: /^sampled/ }).click();
  await expect(titles).toHaveText([
    ...plain,
    'Busy cores over time',
    'Memory over time',
    'Network over time',
    'Disk over time'
  ]);
  const chart = (name: string) =>
    hrlab.view.locator('.hrlab-ChartCard', {
      has: page.getByRole('heading', { name })
    });
  for (const [name, words] of [
    ['Busy cores over time', /cores/],
    ['Memory over time', /GiB/],
    ['Network over time', /B\/s/],
    ['Disk over time', /B\/s/]
  ] as const) {
    await expect(chart(name).locator('svg')).toContainText(words);
    await expect(chart(name).locator('svg')).toContainText('time (s)');
  }
  await chart('Busy cores over time').scrollIntoViewIfNeeded();
  await hrlab.picture('hardware-light');
  await page.theme.setDarkTheme();
  await chart('Disk over time').scrollIntoViewIfNeeded();
  await hrlab.picture('hardware-dark');
  expect(noise).toEqual([]);
});

test('groups are sorted by a click on a column', async ({ hrlab }) => {
  add({ name: 'groups' });
  await hrlab.openPanel();
  await hrlab.rows.first().click();
  const names = hrlab.view.locator('.hrlab-Groups tbody td:first-child');
  await expect(names).toHaveText(['histogram', 'merge']);
  await hrlab.view.getByRole('button', { name: 'Tasks' }).click();
  await expect(names).toHaveText(['histogram', 'merge']);
  await hrlab.view.getByRole('button', { name: /Tasks/ }).click();
  await expect(names).toHaveText(['merge', 'histogram']);
});

test('the name is edited in place', async ({ hrlab, page }) => {
  add({ name: 'before' });
  await hrlab.openPanel();
  await hrlab.rows.first().click();
  await hrlab.view.getByTitle('Rename this run').click();
  await page.keyboard.type('after');
  await page.keyboard.press('Enter');
  await expect(hrlab.row('after')).toHaveCount(1);
  await expect(
    page.locator('.lm-DockPanel-tabBar .lm-mod-current')
  ).toContainText('after');
});

test('the toolbar opens the cell and deletes the run', async ({
  hrlab,
  page
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(['1', '2', '3']);
  await hrlab.pressTiming(2);
  await expect(hrlab.results).toHaveCount(1);
  await hrlab.select(0);
  await hrlab.results
    .first()
    .getByRole('button', { name: /Details/ })
    .click();
  await expect(hrlab.view).toContainText('done');
  await page
    .getByRole('button', { name: 'Open the notebook of this run' })
    .click();
  await expect(hrlab.cell(2)).toHaveClass(/jp-mod-active/);
  await hrlab.rows.first().click();
  await page.getByRole('button', { name: 'Delete this run' }).click();
  await expect(hrlab.rows).toHaveCount(0);
  await expect(hrlab.view).toHaveCount(0);
});

test('a result that is not in the store still opens from its cell', async ({
  hrlab,
  page
}) => {
  await hrlab.openNotebook(['1']);
  await hrlab.pressTiming(0);
  await expect(hrlab.results).toHaveCount(1);
  store('clear');
  await hrlab.results
    .first()
    .getByRole('button', { name: /Details/ })
    .click();
  await expect(hrlab.view).toContainText('Not in your history');
  await hrlab.picture('borrowed');
  expect(await page.locator('.jp-Dialog').count()).toBe(0);
});

test('advice can be dismissed, and exact seconds show on focus', async ({
  hrlab,
  page
}) => {
  await hrlab.openNotebook([ADVISED]);
  await hrlab.select(0);
  await page.keyboard.press('Control+Enter');
  const result = hrlab.results.first();
  await expect(result).toContainText('75 % of the dask time');
  await hrlab.picture('advice');
  await result.getByRole('button', { name: /Details/ }).focus();
  await expect(page.getByRole('tooltip')).toContainText('wait: 6.000 s');
  await result.getByRole('button', { name: 'Dismiss' }).click();
  await expect(result).not.toContainText('75 %');
});

test('advice disappears when its rule is turned off, and comes back', async ({
  hrlab,
  page
}) => {
  store('add', '{"name": "waited"}', 'run_v1_resources');
  await hrlab.openPanel();
  await hrlab.openNotebook([ADVISED]);
  await hrlab.runUntimed(0);
  const result = hrlab.results.first();
  await expect(result).toContainText('75 % of the dask time');
  const setOff = (codes: readonly string[]) =>
    page.evaluate(async found => {
      const registry = await window.galata.getPlugin(
        '@jupyterlab/apputils-extension:settings'
      );
      await registry?.set('hrlab:result', 'adviceOff', [...found]);
    }, codes);
  await setOff(['skew', 'waited-for-workers']);
  await expect(result).not.toContainText('75 %');
  await expect(result).toContainText('10.0 s');
  await setOff(['skew']);
  await expect(result).toContainText('75 % of the dask time');
  await hrlab.row('waited').click();
  const list = hrlab.view.locator('.hrlab-AdviceSection');
  await expect(list).toContainText('1 worker died');
  await setOff(['workers-died']);
  await expect(list).not.toContainText('1 worker died');
  await expect(list).toContainText('ran low on memory');
});

test('opening Dask’s panes without a dashboard is reported', async ({
  hrlab,
  page
}) => {
  add({ name: 'on a cluster' });
  await hrlab.openPanel();
  await hrlab.rows.first().click();
  await hrlab.view.getByRole('button', { name: 'Task Stream' }).click();
  await expect(hrlab.notification.first()).toContainText(
    'No Dask dashboard responds'
  );
  expect(await page.locator('.jp-Dialog').count()).toBe(0);
});

test('Dask’s pane opens for the cluster of the notebook', async ({
  hrlab,
  page
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook([
    'from dask.distributed import Client\nclient = Client(host="127.0.0.1", protocol="tcp", processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0")',
    'client.submit(sum, [1, 2]).result()'
  ]);
  await hrlab.select(0);
  await page.keyboard.press('Control+Enter');
  await hrlab.pressTiming(1);
  await expect(hrlab.results.last()).toContainText('1 task');
  await hrlab.rows.first().click();
  await hrlab.view.getByRole('button', { name: 'Task Stream' }).click();
  await expect(
    page.locator('.lm-DockPanel-tabBar .lm-mod-current')
  ).toContainText('Task Stream');
  const pane = page.frameLocator('.dask-DaskDashboard-widget iframe');
  await expect(pane.locator('body > *').first()).toBeAttached();
  await page.waitForTimeout(1500);
  await hrlab.picture('dask-pane');
});
