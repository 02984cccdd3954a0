import { readFileSync } from 'fs';
import { store } from './hrlab';
import { expect, test } from './fixtures';

test('a report is saved without what its owner keeps back', async ({
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
  expect(html).toContain('Kept back: code, user.');
  expect(html).not.toContain('secret_code');
});
