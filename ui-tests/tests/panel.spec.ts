import { store } from './hrlab';
import { expect, test } from './fixtures';

const add = (changes: object) => store('add', JSON.stringify(changes));

test('an empty panel explains runs and opens an example', async ({
  hrlab,
  page
}) => {
  await hrlab.openPanel();
  await expect(hrlab.panel).toContainText('No runs yet');
  await hrlab.picture('empty');
  await hrlab.panel.getByRole('button', { name: 'Open the example' }).click();
  await expect(
    page.locator('.jp-NotebookPanel:visible .jp-CodeCell').first()
  ).toBeVisible();
  await expect(
    page.locator('.jp-NotebookPanel:visible .jp-Cell.jp-mod-active')
  ).toContainText('pre: read and prepare');
});

test('a run that is saved elsewhere appears by itself', async ({ hrlab }) => {
  await hrlab.openPanel();
  await expect(hrlab.panel).toContainText('No runs yet');
  add({ name: 'from elsewhere' });
  await expect(hrlab.row('from elsewhere')).toHaveCount(1);
});

test('a run is renamed, labelled and annotated from its menu', async ({
  hrlab,
  page
}) => {
  add({ name: 'first name', labels: {}, note: '' });
  await hrlab.openPanel();
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Rename Run');
  await page.locator('.jp-Dialog input').fill('second name');
  await hrlab.accept();
  await expect(hrlab.row('second name')).toHaveCount(1);

  await hrlab.chooseInMenu(hrlab.rows.first(), 'Label Run');
  await page.locator('.jp-Dialog input').fill('slot=booked, n=2');
  await hrlab.accept();
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Edit Note');
  await page.locator('.jp-Dialog textarea').fill('worth\nkeeping');
  await hrlab.accept();
  await hrlab.rows.first().click();
  await expect(hrlab.view).toContainText('slot=booked');
  await expect(hrlab.view).toContainText('worth');
});

test('a deleted run comes back with Undo', async ({ hrlab }) => {
  add({ name: 'precious' });
  add({ name: 'other' });
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(2);
  await hrlab.chooseInMenu(hrlab.row('precious'), 'Delete Run');
  await expect(hrlab.row('precious')).toHaveCount(0);
  await hrlab.picture('deleted');
  await hrlab.notification.getByRole('button', { name: 'Undo' }).click();
  await expect(hrlab.row('precious')).toHaveCount(1);
});

test('an invalid label is reported in the dialog, which stays open, and no label is lost', async ({
  hrlab,
  page
}) => {
  add({ name: 'labelled', labels: { slot: 'booked' } });
  await hrlab.openPanel();
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Label Run');
  const dialog = page.locator('.jp-Dialog');
  const field = dialog.locator('input');
  await expect(field).toHaveValue('slot=booked');
  await field.fill('a=1, nonsense');
  await dialog.locator('.jp-mod-accept').click();
  await expect(dialog).toContainText('Not a label: “nonsense”');
  await hrlab.picture('wrong-label');
  await field.press('Enter');
  await expect(dialog).toBeVisible();
  await dialog.locator('.jp-mod-reject').click();
  await expect(hrlab.row('labelled')).toContainText('slot=booked');
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Label Run');
  await field.fill('nonsense');
  await field.press('Enter');
  await field.fill('n=2, slot=free');
  await expect(dialog).not.toContainText('Not a label');
  await hrlab.accept();
  await expect(hrlab.row('labelled')).toContainText('n=2, slot=free');
});

test('Delete acts on the selection, and Undo brings all of it back', async ({
  hrlab,
  page
}) => {
  for (const [index, name] of ['one', 'two', 'three', 'four'].entries()) {
    add({ name, started_at: 1793577000 + index });
  }
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(4);
  for (const name of ['one', 'two', 'three']) {
    await hrlab.row(name).locator('input').check();
  }
  await hrlab.list.focus(); // the cursor is on "four"
  await page.keyboard.press('Delete');
  await expect(hrlab.rows).toHaveCount(1);
  await expect(hrlab.row('four')).toHaveCount(1);
  await expect(hrlab.notification).toContainText('Deleted 3 runs.');
  await hrlab.notification.getByRole('button', { name: 'Undo' }).click();
  await expect(hrlab.rows).toHaveCount(4);
  await hrlab.row('one').locator('input').check();
  await hrlab.row('two').locator('input').check();
  await hrlab.chooseInMenu(hrlab.row('four'), 'Delete Run'); // not selected
  await expect(hrlab.row('four')).toHaveCount(0);
  await expect(hrlab.rows).toHaveCount(3);
  await hrlab.chooseInMenu(hrlab.row('one'), 'Delete 2 Runs');
  await expect(hrlab.rows).toHaveCount(1);
  await expect(hrlab.row('three')).toHaveCount(1);
});

test('a run is copied as JSON', async ({ hrlab, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  add({ name: 'to copy' });
  await hrlab.openPanel();
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Copy Run as JSON');
  await expect(hrlab.notification.first()).toContainText('Copied');
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(text)).toMatchObject({
    name: 'to copy',
    schema_version: 1
  });
});

test('a run is exported as a file', async ({ hrlab, page }) => {
  add({ name: 'to export' });
  await hrlab.openPanel();
  const download = page.waitForEvent('download');
  await hrlab.chooseInMenu(hrlab.rows.first(), 'Export Run as JSON');
  expect((await download).suggestedFilename()).toMatch(/^to-export-.*json$/);
});

test('runs are filtered by text, label and notebook', async ({ hrlab }) => {
  add({ name: 'apple', labels: { slot: 'one' } });
  add({ name: 'banana', labels: { slot: 'two' } });
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(2);
  await hrlab.panel.getByRole('searchbox').fill('appl');
  await expect(hrlab.rows).toHaveCount(1);
  await expect(hrlab.row('apple')).toHaveCount(1);
  await hrlab.panel.getByRole('searchbox').fill('');
  const label = hrlab.panel.locator('.hrlab-mod-label');
  await label.fill('slot=two');
  await expect(hrlab.row('banana')).toHaveCount(1);
  await expect(hrlab.rows).toHaveCount(1);
  await label.fill('slot=none');
  await expect(hrlab.panel).toContainText('No runs match');
  await hrlab.panel.getByRole('button', { name: 'Show all runs' }).click();
  await expect(hrlab.rows).toHaveCount(2);
  await hrlab.openNotebook(['1']);
  await hrlab.pressTiming(0);
  await expect(hrlab.rows).toHaveCount(3);
  await hrlab.panel.getByLabel('this notebook').check();
  await expect(hrlab.rows).toHaveCount(1);
});

test('filter, selection and open run survive a reload', async ({ hrlab }) => {
  add({ name: 'kept one' });
  add({ name: 'kept two' });
  add({ name: 'third' });
  await hrlab.openPanel();
  await hrlab.panel.getByRole('searchbox').fill('kept');
  await expect(hrlab.rows).toHaveCount(2);
  await hrlab.row('kept one').locator('input').check();
  await hrlab.row('kept two').click();
  await expect(hrlab.view).toContainText('kept two');
  await hrlab.reload();
  await hrlab.panel.waitFor();
  await expect(hrlab.rows).toHaveCount(2);
  await expect(hrlab.row('kept one').locator('input')).toBeChecked();
  await expect(hrlab.panel).toContainText('1 selected');
  await expect(hrlab.view).toContainText('kept two');
  await hrlab.panel.getByRole('button', { name: 'clear' }).click();
  await expect(hrlab.row('kept one').locator('input')).not.toBeChecked();
});

test('the list works by keyboard alone', async ({ hrlab, page }) => {
  add({ name: 'older', started_at: 1793577000 });
  add({ name: 'newer', started_at: 1793578000 });
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(2);
  await hrlab.list.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await expect(hrlab.row('older').locator('input')).toBeChecked();
  await page.keyboard.press('Shift+F10');
  await expect(page.locator('.lm-Menu')).toContainText('Rename Run');
  await page.keyboard.press('Escape');
  await hrlab.list.focus();
  await page.keyboard.press('Enter');
  await expect(hrlab.view).toContainText('older');
  await hrlab.list.focus();
  await page.keyboard.press('Delete');
  await expect(hrlab.row('older')).toHaveCount(0);
});

test('refresh and settings buttons work', async ({ hrlab, page }) => {
  await hrlab.openPanel();
  await expect(hrlab.panel).toContainText('No runs yet');
  const asked = page.waitForRequest(/hrlab\/api\/runs/);
  await hrlab.panel.locator('[data-jp-item-name="refresh"] jp-button').click();
  await asked;
  await hrlab.panel.locator('[data-jp-item-name="settings"] jp-button').click();
  await expect(
    page.locator('.jp-SettingsPanel, .jp-PluginList')
  ).not.toHaveCount(0);
});

test('an unreachable server is reported, and asked again', async ({
  hrlab,
  page
}) => {
  add({ name: 'back again' });
  const away = /hrlab\/api\/runs/;
  await page.route(away, route =>
    route.fulfill({
      status: 502,
      contentType: 'text/html',
      body: '<html>a long page of a proxy</html>'
    })
  );
  await hrlab.openPanel();
  await expect(hrlab.panel).toContainText('Could not load runs');
  await expect(hrlab.panel).not.toContainText('proxy');
  await hrlab.picture('server-away');
  await page.unroute(away);
  // Without "Try again": the panel retries by itself, so the button may be gone.
  await expect(hrlab.row('back again')).toHaveCount(1);
  await expect(hrlab.panel).not.toContainText('Could not load runs');
});

test('the storage warning is shown until dismissed', async ({
  hrlab,
  page
}) => {
  const storage_warning = 'Runs are kept in memory only (tmpfs).';
  await page.route(/hrlab\/api\/runs\?/, async route => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      json: { ...(await response.json()), storage_warning }
    });
  });
  add({ name: 'here' });
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(1);
  await expect(hrlab.panel).toContainText(storage_warning);
  await hrlab.picture('storage-warning');
  await hrlab.panel.getByRole('button', { name: 'Dismiss' }).click();
  await expect(hrlab.panel).not.toContainText(storage_warning);
  await hrlab.reload();
  await expect(hrlab.rows).toHaveCount(1);
  await expect(hrlab.panel).not.toContainText(storage_warning);
});

test('collapsed sections survive a reload', async ({ hrlab, page }) => {
  const title = hrlab.panel.locator('.jp-AccordionPanel-title', {
    hasText: 'Runs'
  });
  await hrlab.openPanel();
  await title.click();
  await expect(hrlab.panel.locator('.hrlab-RunsSection')).toBeHidden();
  await page.waitForTimeout(1500);
  await page.reload();
  await hrlab.panel.waitFor();
  await expect(hrlab.panel.locator('.hrlab-RunsSection')).toBeHidden();
  await title.click();
  await expect(hrlab.panel).toContainText('No runs yet');
});

test('a hidden panel fetches nothing', async ({ hrlab, page }) => {
  add({ name: 'one' });
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(1);
  await page.sidebar.openTab('filebrowser');
  const asked: string[] = [];
  page.on('request', request => {
    if (request.url().includes('hrlab/api')) {
      asked.push(request.url());
    }
  });
  add({ name: 'two' });
  await page.waitForTimeout(3000);
  expect(asked).toEqual([]);
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(2);
});

test('a run that cannot be rendered has a placeholder, and can be deleted', async ({
  hrlab,
  page,
  noise
}) => {
  add({ name: 'odd', started_at: 1793578000 });
  add({ name: 'sound', started_at: 1793577000 });
  await page.route(/hrlab\/api\/runs\?/, async route => {
    const text = await (await route.fetch()).text();
    await route.fulfill({
      contentType: 'application/json',
      body: text.replace(/1793578000(\.0)?/, '1e308')
    });
  });
  await hrlab.openPanel();
  await expect(hrlab.rows).toHaveCount(2);
  await expect(hrlab.row('odd')).toContainText('is damaged');
  await expect(hrlab.row('sound')).not.toContainText('is damaged');
  await hrlab.picture('broken-run');
  await hrlab.chooseInMenu(hrlab.row('odd'), 'Delete Run');
  await expect(hrlab.rows).toHaveCount(1);
  await expect(hrlab.row('sound')).toHaveCount(1);
  expect(noise).toEqual([]);
});
