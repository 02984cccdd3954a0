import { card, section } from './clusterpage';
import { expect, test } from './fixtures';
import { HrlabPage, store } from './hrlab';

test('another tab sees this one’s changes of runs and clusters', async ({
  hrlab,
  page,
  tmpPath,
  context,
  request,
  baseURL,
  noise
}) => {
  test.setTimeout(180_000);
  store('add', '{"name": "before"}');
  store('add', '{"name": "unwanted"}');
  const tab = await context.newPage();
  await tab.goto(`${baseURL}/lab/workspaces/other-tab`);
  const other = new HrlabPage(tab as typeof page, tmpPath);
  await tab.waitForFunction(() => 'jupyterapp' in window);
  await tab.evaluate(async () => {
    await window.jupyterapp.restored;
  });
  await tab.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
  await other.execute('hrlab:open-panel');
  await hrlab.openPanel();
  await expect(other.rows).toHaveCount(2);

  await hrlab.chooseInMenu(hrlab.row('before'), 'Rename Run');
  await page.locator('.jp-Dialog input').fill('renamed');
  await hrlab.accept();
  await expect(other.row('renamed')).toHaveCount(1);
  await hrlab.chooseInMenu(hrlab.row('unwanted'), 'Delete Run');
  await expect(other.rows).toHaveCount(1);
  await hrlab.notification.getByRole('button', { name: 'Undo' }).click();
  await expect(other.row('unwanted')).toHaveCount(1);

  const url = `${baseURL}/hrlab/api/clusters`;
  try {
    await section(hrlab)
      .getByRole('button', { name: 'Start This machine' })
      .click();
    const there = card(other, 'local');
    await expect(there).toHaveCount(1);
    await expect(there).toHaveAttribute('data-hrlab-cluster-state', 'ready', {
      timeout: 60_000
    });
    await there.getByRole('button', { name: 'Scale local' }).click();
    await there.getByRole('spinbutton', { name: 'workers' }).fill('1');
    await tab.keyboard.press('Enter');
    await expect(card(hrlab, 'local')).toContainText('1 worker', {
      timeout: 30_000
    });
    await card(hrlab, 'local')
      .getByRole('button', { name: 'Close local' })
      .click();
    await expect(there).toHaveCount(0, { timeout: 60_000 });
  } finally {
    await request.delete(`${url}/local`);
    await tab.close();
  }
  expect(noise).toEqual([]);
});
