import { readFileSync } from 'fs';
import { store } from './hrlab';
import { expect, test } from './fixtures';

test('a comparison is saved as a report', async ({ hrlab, page }) => {
  const base = { labels: {}, note: '', cold: false };
  for (const name of ['one', 'two']) {
    store('add', JSON.stringify({ ...base, name }));
  }
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(2);
  for (const row of [0, 1]) {
    await hrlab.rows.nth(row).getByRole('checkbox').check();
  }
  await hrlab.panel.getByRole('button', { name: /^compare/ }).click();
  const button = page.getByRole('button', { name: 'Save Report' });
  await expect(page.getByRole('heading', { name: 'one 2 min' })).toBeVisible();
  await hrlab.picture('report-compare');
  await button.click();
  const download = page.waitForEvent('download');
  await hrlab.accept();
  const file = await download;
  expect(file.suggestedFilename()).toBe('hrlab-comparison.html');
  expect(readFileSync(await file.path(), 'utf-8')).toContain('Groups');
});

test('a report is saved without what the user leaves out', async ({
  hrlab,
  page
}) => {
  store(
    'add',
    JSON.stringify({
      name: 'to report',
      source: { kind: 'cell', code: 'secret_code()', code_sha256: 'x' }
    })
  );
  await hrlab.openPanel();
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Save Report…');
  await page.locator('.jp-Dialog select').selectOption(['Code', 'User']);
  await hrlab.picture('report-dialog');
  const download = page.waitForEvent('download');
  await hrlab.accept();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^hrlab-[0-9a-f]{8}\.html$/);
  const html = readFileSync(await file.path(), 'utf-8');
  expect(html).toContain('to report');
  expect(html).toContain('Removed: code, user.');
  expect(html).not.toContain('secret_code');
});
