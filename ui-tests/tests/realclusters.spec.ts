import type { Locator } from '@playwright/test';
import { card, form, newButton, section } from './clusterpage';
import { expect, test } from './fixtures';
import type { HrlabPage } from './hrlab';

const expectState = (made: Locator, state: string): Promise<void> =>
  expect(made).toHaveAttribute('data-hrlab-cluster-state', state, {
    timeout: 60_000
  });

async function startLocal(hrlab: HrlabPage): Promise<Locator> {
  await hrlab.openPanel();
  await newButton(hrlab).click();
  await expectState(card(hrlab, 'local'), 'ready');
  return card(hrlab, 'local');
}

test.describe('a real cluster', () => {
  /** Closes all clusters, however the test ended. */
  test.afterEach(async ({ request, baseURL }) => {
    const url = `${baseURL}/hrlab/api/clusters`;
    const { clusters } = await (await request.get(url)).json();
    for (const { id } of clusters) {
      await request.delete(`${url}/${id}`);
    }
    await expect(async () => {
      const left = await (await request.get(url)).json();
      expect(left.clusters).toEqual([]);
    }).toPass({ timeout: 30_000 });
  });

  test('is created, connected, inspected, scaled and closed', async ({
    hrlab,
    page,
    noise
  }) => {
    test.setTimeout(240_000);
    await hrlab.openNotebook([
      'client = "my own"',
      'client_2.submit(sum, [1, 2, 3]).result()',
      'futures = client_2.map(lambda n: __import__("time").sleep(60), range(50), pure=False)'
    ]);
    await hrlab.openPanel();
    await section(hrlab)
      .getByRole('button', { name: 'Start This machine' })
      .click();
    const made = card(hrlab, 'local');
    await expect(made).toContainText('starting');
    await hrlab.picture('real-starting');
    await expectState(made, 'ready');
    await hrlab.select(0);
    await page.keyboard.press('Shift+Enter');
    await made.getByRole('button', { name: 'Connect this' }).click();
    await expect(hrlab.notification.first()).toContainText(
      'Connected to local as `client_2` because `client` is already in use.',
      { timeout: 60_000 }
    );
    await hrlab.picture('real-connected');
    await hrlab.select(1);
    await page.keyboard.press('Shift+Enter');
    await expect(hrlab.cell(1)).toContainText('6', { timeout: 30_000 });
    await made.getByRole('button', { name: 'Open the dashboard' }).click();
    const pane = page
      .frameLocator('iframe[src*="hrlab/dashboard/local"]')
      .first();
    await page.waitForTimeout(8000);
    await hrlab.picture('real-dashboard');
    await expect(pane.locator('canvas').first()).toBeAttached();
    await page.waitForTimeout(3000);
    await hrlab.picture('real-dashboard');
    await made.getByRole('button', { name: 'Scale local' }).click();
    await made.getByRole('spinbutton', { name: 'workers' }).fill('1');
    await page.keyboard.press('Enter');
    await expect(made).toContainText('1 worker', { timeout: 30_000 });
    await hrlab.picture('real-scaled');
    await hrlab.execute('docmanager:open', {
      path: `${hrlab.folder}/timed.ipynb`
    });
    await hrlab.select(2);
    await page.keyboard.press('Shift+Enter');
    await expect(made).toContainText('50 tasks', { timeout: 30_000 });
    await made.getByRole('button', { name: 'Show the logs' }).click();
    await expect(page.locator('.hrlab-Logs summary').first()).toBeVisible();
    await hrlab.picture('real-logs');
    await made.getByRole('button', { name: 'Close local' }).click();
    await expect(page.locator('.jp-Dialog')).toContainText(
      'local is running 50 tasks.'
    );
    await hrlab.accept();
    await expect(made).toHaveCount(0, { timeout: 60_000 });
    expect(noise).toEqual([]);
  });

  test('is found again after a reload, and its start can be cancelled', async ({
    hrlab,
    page
  }) => {
    test.setTimeout(180_000);
    await hrlab.openPanel();
    await newButton(hrlab).click();
    const made = card(hrlab, 'local');
    await expect(made).toBeVisible();
    await page.reload();
    await hrlab.openPanel();
    await expectState(made, 'ready');
    await newButton(hrlab).click();
    const second = card(hrlab, 'local-2');
    await second.getByRole('button', { name: 'Cancel' }).click();
    await expect(second).toHaveCount(0, { timeout: 30_000 });
    await made.getByRole('button', { name: 'Close local' }).click();
    await expect(made).toHaveCount(0, { timeout: 30_000 });
  });

  test('a start that fails stays, with its reason and log', async ({
    hrlab,
    page
  }) => {
    await hrlab.openPanel();
    await section(hrlab).getByRole('button', { name: 'Start Failing' }).click();
    const made = card(hrlab, 'failing');
    await expectState(made, 'failed');
    await expect(made).toContainText('NoSuchCluster');
    await made.getByRole('button', { name: 'Log' }).click();
    await expect(page.locator('.hrlab-Logs')).toBeVisible();
    await hrlab.picture('real-failed');
    await page.reload();
    await hrlab.openPanel();
    await expect(made).toContainText('NoSuchCluster');
    await made.getByRole('button', { name: 'Dismiss' }).click();
    await expect(made).toHaveCount(0, { timeout: 30_000 });
  });

  test('a kernel without hrlab is connected by address', async ({
    hrlab,
    page
  }) => {
    test.setTimeout(180_000);
    // Started first, since workers would get the Python of the active notebook.
    const made = await startLocal(hrlab);
    await hrlab.openNotebook(['client.submit(sum, [4, 5]).result()', '0'], {
      kernel: 'bare'
    });
    await hrlab.openPanel();
    await made.getByRole('button', { name: 'Connect this' }).click();
    await expect(hrlab.notification.first()).toContainText(
      'Connected to local as `client`.',
      { timeout: 60_000 }
    );
    await made.getByRole('button', { name: 'Connect this' }).click();
    await expect(
      hrlab.notification.filter({ hasText: 'already connected to local' })
    ).toBeVisible();
    await hrlab.select(0);
    await page.keyboard.press('Shift+Enter');
    await expect(hrlab.cell(0)).toContainText('9', { timeout: 30_000 });
    await hrlab.select(1);
    await made.getByRole('button', { name: 'Insert a cell' }).click();
    await expect(hrlab.cell(1)).toContainText('Client("tcp://');
    await hrlab.picture('real-bare');
  });

  test('its dashboard opens in a tab, too', async ({ hrlab, page }) => {
    const made = await startLocal(hrlab);
    const popup = page.waitForEvent('popup');
    await hrlab.chooseInMenu(made, 'Dashboard in Browser Tab');
    const tab = await popup;
    await expect(tab.locator('canvas').first()).toBeAttached({
      timeout: 60_000
    });
    expect(tab.url()).toContain('/hrlab/dashboard/local');
  });

  test('the form shows what the server would refuse', async ({ hrlab }) => {
    await hrlab.openPanel();
    await hrlab.execute('hrlab:new-cluster', { profile: 'local' });
    const memory = form(hrlab).getByLabel('Memory per worker');
    await memory.fill('a lot');
    await expect(form(hrlab)).toContainText('such as 2 GiB');
    await memory.fill('256 MiB');
    await form(hrlab).getByLabel('Name').fill('x'.repeat(61));
    await expect(form(hrlab)).toContainText('1 to 60 characters');
    await hrlab.picture('real-form');
  });
});

test('Dask’s own list of clusters can be hidden', async ({ hrlab, page }) => {
  const list = page.locator('.dask-DaskClusterManager');
  await page.sidebar.openTab('dask-dashboard-launcher');
  await expect(list).toBeVisible();
  await page.evaluate(async () => {
    const registry = await window.galata.getPlugin(
      '@jupyterlab/apputils-extension:settings'
    );
    await registry?.set('hrlab:clusters', 'hideDaskClusters', true);
  });
  await expect(list).toBeHidden();
  await hrlab.picture('dask-hidden');
});
