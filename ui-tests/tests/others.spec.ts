import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import { expect, test } from './fixtures';

/** Runs only with other extensions that execute cells: `check.py other-extensions`. */
test.skip(
  !process.env.HRLAB_OTHERS,
  'Needs jupyter-server-nbmodel; see scripts/isolated.py.'
);

// Galata's mock of the kernels API interferes with the server's responses.
test.use({ kernels: null });

/** Collects requests of jupyter-server-nbmodel that execute cells on the server. */
function sentToServer(page: IJupyterLabPageFixture): string[] {
  const sent: string[] = [];
  page.on('request', request => {
    const isOne = /\/api\/kernels\/[^/]+\/execute\b/.test(request.url());
    if (isOne && request.method() === 'POST') {
      sent.push(request.postData() ?? '');
    }
  });
  return sent;
}

test('beside server-side execution, the button times a cell', async ({
  hrlab,
  page
}) => {
  const sent = sentToServer(page);
  await hrlab.openPanel();
  await hrlab.openNotebook(['6 * 7', 'import time\ntime.sleep(3)\n40 + 3']);
  await hrlab.runUntimed(0);
  await expect(hrlab.cell(0)).toContainText('42');
  expect(sent).toHaveLength(1); // ordinary cells are executed by the server
  await hrlab.pressTiming(1);
  await expect(hrlab.cell(1).locator('.hrlab-Progress')).toHaveCount(1);
  await expect(hrlab.results).toHaveCount(1);
  await expect(hrlab.progress).toHaveCount(0);
  await expect(hrlab.cell(1).locator('.jp-OutputArea-output')).toHaveCount(2);
  await expect(hrlab.cell(1)).toContainText('43');
  await expect(hrlab.rows).toHaveCount(1);
  await hrlab.panel.getByLabel('this notebook').check();
  await expect(hrlab.rows).toHaveCount(1);
  await hrlab.picture('others-button');
});

test('beside server-side execution, %%hrtime times a cell', async ({
  hrlab,
  page
}) => {
  const sent = sentToServer(page);
  await hrlab.openPanel();
  await hrlab.openNotebook([
    '%load_ext hrlab\n6 * 7',
    '%%hrtime by magic\nimport time\ntime.sleep(3)\n40 + 3'
  ]);
  await hrlab.runUntimed(0);
  await expect(hrlab.cell(0)).toContainText('42');
  await hrlab.runUntimed(1);
  await expect(hrlab.cell(1).locator('.hrlab-Progress')).toHaveCount(1);
  await expect(hrlab.results).toHaveCount(1);
  await expect(hrlab.progress).toHaveCount(0);
  await expect(hrlab.cell(1).locator('.jp-OutputArea-output')).toHaveCount(2);
  await expect(hrlab.row('by magic')).toHaveCount(1);
  await hrlab.panel.getByLabel('this notebook').check();
  await expect(hrlab.row('by magic')).toHaveCount(1);
  expect(sent).toHaveLength(2);
  await hrlab.picture('others-magic');
});

test('beside server-side execution, the notebook is one run that stops where it fails', async ({
  hrlab
}) => {
  await hrlab.openPanel();
  await hrlab.openNotebook(['a = 1', '1 / 0', '6 * 7']);
  await hrlab.execute('hrlab:run-all-with-timing');
  await expect(hrlab.cell(1)).toContainText('ZeroDivisionError');
  await expect(hrlab.results.first()).toContainText('failed after');
  await expect(hrlab.rows).toHaveCount(1);
  await hrlab.rows.first().click();
  await expect(hrlab.view.locator('.hrlab-Facts')).toContainText('Cells2');
});
