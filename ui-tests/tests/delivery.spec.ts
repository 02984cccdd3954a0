import { exportsNow } from './mocks';
import { expect, test } from './fixtures';
import { store } from './hrlab';

const answer = (body: unknown) => ({
  contentType: 'application/json',
  body: JSON.stringify(body)
});

test('waiting and rejected runs are shown, with the remedy', async ({
  hrlab,
  page,
  noise
}) => {
  const now = exportsNow();
  const [refused] = (now.exports as { refusals: { run: string }[] }[])[0]
    .refusals;
  store('add', JSON.stringify({ id: refused.run, name: 'Zee 100 variations' }));
  await page.route(/hrlab\/api\/exports/, route => route.fulfill(answer(now)));
  await hrlab.openPanel();
  const notes = hrlab.panel.locator('.hrlab-Delivery');
  await expect(notes).toHaveCount(2);
  await expect(notes.first()).toContainText(
    '3 runs are waiting to be delivered'
  );
  await hrlab.picture('delivery-lines');
  await notes.first().locator('summary').click();
  await expect(notes.first()).toContainText('Connection refused');
  await expect(notes.first()).toContainText('Next try in');
  await notes.last().locator('summary').click();
  await expect(notes.last()).toContainText('Contact its administrator');
  await expect(notes.last()).toContainText('No action is needed');
  await hrlab.setPanelWidth(240);
  await hrlab.picture('delivery-240');
  await page.theme.setDarkTheme();
  await hrlab.setPanelWidth(420);
  await hrlab.picture('delivery-dark');
  await notes
    .last()
    .getByRole('button', { name: /^Zee 100/ })
    .click();
  await hrlab.view.locator('.hrlab-Facts').last().scrollIntoViewIfNeeded();
  await expect(hrlab.view).toContainText('Not delivered');
  await hrlab.picture('delivery-fact');
  await notes.last().getByRole('button', { name: 'Dismiss' }).click();
  await expect(notes).toHaveCount(1);
  await hrlab.reload();
  await expect(notes).toHaveCount(1);
  expect(noise).toEqual([]);
});

test('without delivery nothing is shown, and the server is asked once', async ({
  hrlab,
  page
}) => {
  let asked = 0;
  page.on('request', request => {
    asked += request.url().includes('hrlab/api/exports') ? 1 : 0;
  });
  await hrlab.openPanel();
  store('add', '{"name": "one"}');
  await expect(hrlab.row('one')).toHaveCount(1);
  store('add', '{"name": "two"}');
  await expect(hrlab.row('two')).toHaveCount(1);
  await expect(hrlab.panel.locator('.hrlab-Delivery')).toHaveCount(0);
  expect(asked).toBe(1);
});
