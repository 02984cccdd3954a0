import { expect, test } from './fixtures';

/** The cluster of a point is in the environment; in the browser there is none, so the cell is quick. */
const CELL = `
import os
if os.environ.get("DASK_SCHEDULER_ADDRESS"):
    from distributed import Client
    with Client() as client:
        client.gather(client.map(lambda x: x + 1, range(5), pure=False))
`;

test('how a run scales is measured on a real cluster, and can be cancelled', async ({
  hrlab,
  page,
  noise
}) => {
  test.setTimeout(240_000);
  await hrlab.openPanel();
  await hrlab.openNotebook([CELL], { name: 'scaling.ipynb' });
  await hrlab.pressTiming(0);
  await expect(hrlab.rows).toHaveCount(1);
  const measure = async (workers: string) => {
    await hrlab.chooseInMenu(hrlab.rows.last(), 'Measure Scaling');
    const form = page.locator('.jp-Dialog');
    const words = form.getByRole('status');
    await expect(words).toContainText('scaling.ipynb is executed on');
    const field = form.getByLabel('Workers');
    await field.fill('500');
    await expect(words).toContainText('Asked for 500 workers');
    await field.fill(workers);
    await expect(words).toContainText(`on ${workers} workers: 1 point.`);
    await hrlab.picture('measure-scaling');
    await hrlab.accept();
  };
  await measure('1');
  await expect(hrlab.notification).toContainText('0 of 1 points');
  await hrlab.picture('scaling-goes-on');
  await hrlab.notification.getByRole('button', { name: 'Cancel' }).click();
  await expect(hrlab.notification).toContainText('cancelled, 0 of 1 points', {
    timeout: 60_000
  });
  // Once more: it goes on, to its end.
  await measure('1');
  const done = hrlab.notification.filter({ hasText: 'its point is done' });
  await expect(done).toBeVisible({ timeout: 120_000 });
  await hrlab.picture('scaling-is-done');
  expect(noise).toEqual([]);
});
