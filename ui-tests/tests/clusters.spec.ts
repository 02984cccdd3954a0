import { card, form, newButton, section } from './clusterpage';
import { expect, test } from './fixtures';
import type { HrlabPage } from './hrlab';
import { MockClusters } from './mocks';

/** Expects every element to stay within the panel. */
async function expectNothingCut(hrlab: HrlabPage): Promise<void> {
  const wide = await hrlab.panel.evaluate(node =>
    [
      ...node.querySelectorAll<HTMLElement>(
        '.hrlab-Cluster, .hrlab-Form, .hrlab-Cluster-actions, .hrlab-Empty, .hrlab-Quotas'
      )
    ]
      .filter(part => part.scrollWidth > part.clientWidth + 1)
      .map(part => part.className)
  );
  expect(wide).toEqual([]);
}

test.describe('cards', () => {
  let server: MockClusters;

  test.beforeEach(async ({ page }) => {
    server = new MockClusters();
    await server.serve(page);
  });

  test('show the state, what a cluster waits for and why it failed', async ({
    hrlab,
    noise
  }) => {
    await hrlab.openPanel();
    const ready = card(hrlab, 'zee-1');
    await expect(ready).toContainText('8/10 workers');
    await expect(ready).toContainText('Naples (offload) · naples');
    await expect(ready).toContainText('10 cores · 20 GiB · 312 tasks · 3 min');
    await expect(ready).toContainText('idle stop in 57 min');
    const starting = card(hrlab, 'local');
    await expect(starting).toContainText('waiting for the scheduler to listen');
    await expect(
      starting.getByRole('button', { name: 'Cancel' })
    ).toBeVisible();
    const failed = card(hrlab, 'zee-2');
    await expect(failed).toContainText('cannot be pulled');
    await expect(failed.getByRole('button', { name: 'Log' })).toBeVisible();
    await expect(card(hrlab, 'mine-from-notebook')).toBeHidden();
    await hrlab.picture('clusters-light');
    await section(hrlab).locator('.hrlab-Others summary').click();
    const others = card(hrlab, 'mine-from-notebook');
    await expect(others).toContainText('unreachable');
    await expect(others.getByRole('button')).toHaveCount(0);
    await hrlab.picture('clusters-others');
    expect(noise).toEqual([]);
  });

  test('of other users are connected to with consent only', async ({
    hrlab,
    page
  }) => {
    const name = 'zee-of-bob';
    server.clusters.push({
      ...server.clusters[0],
      id: 'zee-of-bob-x1',
      name,
      mine: false,
      owner: 'bob'
    });
    await hrlab.openPanel();
    await hrlab.openNotebook(['1 + 1']);
    await section(hrlab).locator('.hrlab-Others summary').click();
    const others = card(hrlab, name);
    await expect(others.getByRole('button')).toHaveCount(2);
    const connect = others.getByRole('button', { name: /Connect/ });
    const dialog = page.locator('.jp-Dialog');
    await connect.click();
    await expect(dialog).toContainText('is not one of your clusters');
    await hrlab.picture('clusters-consent');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toHaveCount(0);
    await expect(hrlab.notification).toHaveCount(0);
    await connect.click();
    await dialog.getByRole('button', { name: 'Connect' }).click();
    // The kernel queries the real server, which has no such cluster.
    await expect(
      hrlab.notification.filter({ hasText: 'There is no cluster' })
    ).toBeVisible();
    await others.getByRole('button', { name: /Insert/ }).click();
    await expect(hrlab.cell(0)).toContainText(
      'hrlab.connect("zee-of-bob-x1", others=True)'
    );
  });

  test('look right in the dark, and 240 and 900 pixels wide', async ({
    hrlab,
    page
  }) => {
    await page.theme.setDarkTheme();
    await hrlab.openPanel();
    await expect(card(hrlab, 'zee-1')).toBeVisible();
    await hrlab.picture('clusters-dark');
    for (const width of [240, 900]) {
      await hrlab.setPanelWidth(width);
      await expectNothingCut(hrlab);
      await hrlab.picture(`clusters-dark-${width}`);
    }
  });

  test('a failed start is dismissed, and can be tried again', async ({
    hrlab
  }) => {
    await hrlab.openPanel();
    const failed = card(hrlab, 'zee-2');
    await failed.getByRole('button', { name: 'Log' }).click();
    const logs = hrlab.page.locator('.hrlab-Logs');
    await expect(logs).toContainText('Back-off pulling');
    await hrlab.picture('clusters-logs');
    await failed.getByRole('button', { name: 'Try again' }).click();
    await expect(failed).toHaveCount(0);
    expect(server.asked.map(({ verb, path }) => `${verb} ${path}`)).toEqual([
      'DELETE clusters/zee-2-a7f1',
      'POST clusters'
    ]);
  });

  test('closing asks when tasks would be lost, and only then', async ({
    hrlab,
    page
  }) => {
    await hrlab.openPanel();
    await card(hrlab, 'zee-2').getByRole('button', { name: 'Dismiss' }).click();
    await expect(card(hrlab, 'zee-2')).toHaveCount(0);
    await card(hrlab, 'zee-1').getByRole('button', { name: 'Close' }).click();
    await expect(page.locator('.jp-Dialog')).toContainText(
      'zee-1 is running 312 tasks.'
    );
    await hrlab.picture('clusters-close');
    await page.locator('.jp-Dialog .jp-mod-reject').click();
    await expect(card(hrlab, 'zee-1')).toBeVisible();
    await card(hrlab, 'zee-1').getByRole('button', { name: 'Close' }).click();
    await hrlab.accept();
    await expect(card(hrlab, 'zee-1')).toHaveCount(0);
  });

  test('scale and adapt in place, by keyboard', async ({ hrlab, page }) => {
    await hrlab.openPanel();
    const ready = card(hrlab, 'zee-1');
    await ready.getByRole('button', { name: 'Scale zee-1' }).focus();
    await page.keyboard.press('Enter');
    const workers = ready.getByRole('spinbutton', { name: 'workers' });
    await expect(workers).toBeFocused();
    await page.keyboard.type('999');
    await expect(ready).toContainText('Allowed: 0 to 100 workers');
    await expect(ready.getByRole('button', { name: 'Apply' })).toBeDisabled();
    await workers.fill('16');
    await hrlab.picture('clusters-scale');
    await page.keyboard.press('Enter');
    await expect(ready.getByRole('spinbutton')).toHaveCount(0);
    await hrlab.execute('hrlab:scale-cluster', { id: 'zee-1-k3x9' });
    await ready.getByRole('checkbox', { name: 'adapt to the load' }).check();
    await ready.getByRole('spinbutton', { name: 'at least' }).fill('2');
    await ready.getByRole('spinbutton', { name: 'at most' }).fill('20');
    await page.keyboard.press('Enter');
    await expect(ready.getByRole('spinbutton')).toHaveCount(0);
    expect(server.asked.map(({ body }) => body)).toEqual([
      { workers: 16 },
      { minimum: 2, maximum: 20 }
    ]);
  });

  test('the idle timeout is counted down, and extended', async ({ hrlab }) => {
    server.clusters[0].idle_stop_at = Date.now() / 1000 + 95;
    await hrlab.openPanel();
    const ready = card(hrlab, 'zee-1');
    await expect(ready).toContainText(/closes in 1 min \d+ s if idle/);
    await hrlab.picture('clusters-idle');
    await ready.getByRole('button', { name: 'Extend' }).click();
    await expect(hrlab.notification.first()).toContainText(
      'Idle timeout of zee-1 reset'
    );
    expect(server.asked[0].body).toEqual({ extend: true });
  });

  test('the menu of a card offers the same, and copies the address', async ({
    hrlab,
    page,
    context
  }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await hrlab.openPanel();
    await card(hrlab, 'zee-1')
      .getByRole('button', { name: 'Show the logs of zee-1' })
      .focus();
    await page.keyboard.press('Shift+F10');
    await expect(page.locator('.lm-Menu')).toContainText('Scale Cluster');
    await hrlab.picture('clusters-menu');
    await page.keyboard.press('Escape');
    await hrlab.chooseInMenu(card(hrlab, 'zee-1'), 'Copy Cluster Address');
    await expect(hrlab.notification.first()).toContainText('Copied tcp://');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'tcp://zee-1-k3x9-scheduler.jhub:8786'
    );
  });

  test('insert client code above, or drag it into a notebook', async ({
    hrlab,
    page
  }) => {
    await hrlab.openNotebook(['1 + 1', '2 + 2']);
    await hrlab.openPanel();
    await hrlab.select(1);
    const ready = card(hrlab, 'zee-1');
    await ready.getByRole('button', { name: 'Insert a cell' }).click();
    await expect(hrlab.cell(1)).toContainText('connect("zee-1")');
    await expect(hrlab.cell(2)).toContainText('2 + 2');
    await ready.locator('.hrlab-Cluster-head').hover();
    await page.mouse.down();
    const target = await hrlab.cell(0).boundingBox();
    await page.mouse.move((target?.x ?? 0) + 100, (target?.y ?? 0) + 4, {
      steps: 12
    });
    await hrlab.picture('clusters-drag');
    await page.mouse.up();
    await expect(hrlab.cell(3)).toBeVisible();
    await hrlab.picture('clusters-inserted');
  });
});

test.describe('a new cluster', () => {
  let server: MockClusters;

  test.beforeEach(async ({ page }) => {
    server = new MockClusters();
    server.clusters = [];
    await server.serve(page);
  });

  test('an empty section explains clusters, and starts one with one click', async ({
    hrlab
  }) => {
    await hrlab.openPanel();
    await expect(section(hrlab)).toContainText('No clusters yet');
    await expect(section(hrlab)).toContainText('slurm is unavailable');
    await expect(section(hrlab)).toContainText('profiles.yaml, line 41');
    await hrlab.picture('clusters-empty');
    await section(hrlab)
      .getByRole('button', { name: 'Start This machine' })
      .click();
    await expect(card(hrlab, 'local')).toBeVisible();
    expect(server.asked[0].body).toMatchObject({
      profile: 'local',
      options: {}
    });
  });

  test('its card appears before the server responds', async ({ hrlab }) => {
    server.createDelay = 3000;
    await hrlab.openPanel();
    await newButton(hrlab).click();
    const made = card(hrlab, 'local');
    await expect(made).toContainText('waiting for the server');
    await expect(made).toContainText('usually 1.40 s');
    await hrlab.picture('clusters-pending');
    await expect(made).toContainText('scheduler to listen');
    await expect(section(hrlab).locator('.hrlab-Cluster')).toHaveCount(1);
  });

  test('a refused start stays, with its reason', async ({ hrlab }) => {
    server.refusal = {
      status: 409,
      message: 'You have 4 clusters, at most 4 are allowed. Close one first.'
    };
    await hrlab.openPanel();
    await newButton(hrlab).click();
    const made = card(hrlab, 'local');
    await expect(made).toContainText('Close one first');
    await hrlab.picture('clusters-refused');
    await made.getByRole('button', { name: 'Options…' }).click();
    await expect(form(hrlab)).toBeVisible();
    await made.getByRole('button', { name: 'Dismiss' }).click();
    await expect(made).toHaveCount(0);
  });

  test('the form is generated from the profile, and checked while typing', async ({
    hrlab,
    page
  }) => {
    await hrlab.openPanel();
    await hrlab.panel.locator('.hrlab-New-more').click();
    await expect(page.locator('.lm-Menu')).toContainText('This machine');
    await expect(page.locator('.lm-Menu')).toContainText(
      'slurm: profiles.yaml'
    );
    await hrlab.picture('clusters-new');
    await page.keyboard.press('Escape');
    await hrlab.execute('hrlab:new-cluster', { profile: 'offload' });
    await expect(form(hrlab).getByLabel('Site')).toHaveValue('vk-na');
    await expect(form(hrlab)).toContainText('Fixed by the site: Image');
    await expect(form(hrlab).getByLabel('Profile')).toBeFocused();
    const workers = form(hrlab).getByRole('spinbutton', { name: 'Workers' });
    await form(hrlab).getByRole('button', { name: 'small' }).click();
    await expect(workers).toHaveValue('2');
    await workers.fill('101');
    await expect(form(hrlab)).toContainText('Allowed: 0 to 100 workers');
    await workers.fill('100');
    await expect(form(hrlab)).toContainText('Ask for at most 64');
    await expect(form(hrlab)).toContainText('not the one your kernel runs');
    const start = form(hrlab).getByRole('button', { name: 'Start' });
    await expect(start).toBeDisabled();
    // The bars show what it would use, and by how much it exceeds the limit.
    const limit = form(hrlab).locator('[data-hrlab-quota="workers"]');
    await expect(limit).toContainText('66 + 100 of 70 workers');
    await expect(limit).toContainText('96 over');
    await expect(form(hrlab).locator('[data-hrlab-quota="cores"]')).toHaveCount(
      1
    ); // another profile's limit does not apply
    await hrlab.picture('clusters-form');
    for (const width of [240, 900]) {
      await hrlab.setPanelWidth(width);
      await expectNothingCut(hrlab);
      await hrlab.picture(`clusters-form-${width}`);
    }
    await workers.fill('12');
    await expect(limit).toContainText('66 + 12 of 70 workers');
    await expect(start).toBeEnabled();
    await form(hrlab)
      .getByRole('checkbox', { name: 'Start with fewer' })
      .check();
    await expect(form(hrlab)).toContainText('4 workers');
    await form(hrlab).getByLabel('Name').fill('night-run');
    await page.keyboard.press('Enter');
    await expect(form(hrlab)).toHaveCount(0);
    await expect(card(hrlab, 'night-run')).toBeVisible();
    expect(server.asked[0].body).toMatchObject({
      profile: 'offload',
      name: 'night-run',
      options: { workers: 12, minimum: 0, adapt: false, site: 'vk-na' },
      as_many_as_allowed: true
    });
    await page.waitForTimeout(500);
    await page.reload();
    await hrlab.openPanel();
    await hrlab.execute('hrlab:new-cluster', { profile: 'offload' });
    await expect(
      form(hrlab).getByRole('spinbutton', { name: 'Workers' })
    ).toHaveValue('12');
  });

  test('a broken profile shows why', async ({ hrlab }) => {
    await hrlab.openPanel();
    await hrlab.execute('hrlab:new-cluster', { profile: 'slurm' });
    await expect(form(hrlab)).toContainText('profiles.yaml, line 41');
    await hrlab.picture('clusters-broken');
  });
});
