import { expect, test } from './fixtures';

/** A point's cluster is in the environment; without one (in the browser) the cell is quick. */
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
    await expect(words).toContainText('Runs scaling.ipynb on');
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
  // Once more, to the end.
  await measure('1');
  const done = hrlab.notification.filter({ hasText: '1 point done' });
  await expect(done).toBeVisible({ timeout: 120_000 });
  await hrlab.picture('scaling-is-done');
  expect(noise).toEqual([]);
});

for (const example of ['that is opened from the panel', 'of this repository']) {
  test(`the example ${example} is measured from its button`, async ({
    hrlab,
    page
  }) => {
    test.setTimeout(240_000);
    await hrlab.openPanel();
    if (example === 'of this repository') {
      await hrlab.openRepositoryExample();
    } else {
      await hrlab.panel
        .getByRole('button', { name: 'Open the example' })
        .click();
      await page
        .locator('.jp-NotebookPanel:visible .jp-CodeCell')
        .first()
        .waitFor();
    }
    await page
      .locator('#jp-main-statusbar >> text=/Idle/')
      .waitFor({ timeout: 30_000 });
    await hrlab.execute('hrlab:run-all-with-timing');
    await expect(hrlab.rows.first()).toHaveAttribute('aria-label', /done/, {
      timeout: 90_000
    });
    await hrlab.execute('docmanager:save');
    await hrlab.chooseInMenu(hrlab.rows.first(), 'Measure Scaling');
    const form = page.locator('.jp-Dialog');
    await expect(form.getByRole('status')).toContainText(/^Runs .+ on /);
    await form.getByLabel('Workers').fill('1');
    await expect(form.getByRole('status')).toContainText('1 point.');
    await hrlab.accept();
    const done = hrlab.notification.filter({ hasText: '1 point done' });
    await expect(done).toBeVisible({ timeout: 120_000 });
  });
}

test('a notebook that makes its own cluster is refused, naming the cell, with the full text behind Show', async ({
  hrlab,
  page
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(
    [
      'from dask.distributed import Client\nclient = Client(processes=False, n_workers=1, dashboard_address=":0")'
    ],
    { name: 'own.ipynb' }
  );
  await hrlab.pressTiming(0);
  await expect(hrlab.rows.first()).toHaveAttribute('aria-label', /done/);
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Measure Scaling');
  const said = 'Cell 1 of own.ipynb creates its own cluster';
  const notice = hrlab.notification.filter({ hasText: said });
  await expect(notice).toBeVisible();
  await notice.getByRole('button', { name: 'Show' }).click();
  await expect(page.locator('.jp-Dialog')).toContainText(
    'so that each point is measured on its own cluster.'
  );
});
