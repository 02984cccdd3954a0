import { store } from './hrlab';
import { expect, test } from './fixtures';

const MESSAGE = 'Prometheus at metrics:9090 did not tell what the hosts did.';

test('host charts of a run follow its own charts, and are a message while their database is unreachable', async ({
  hrlab,
  page,
  noise
}) => {
  store('add', JSON.stringify({ name: 'hosts' }));
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    title: 'Memory (GiB)',
    data: { values: [{ seconds: 0, value: 3 }] },
    mark: 'line',
    encoding: {
      x: { field: 'seconds', type: 'quantitative' },
      y: { field: 'value', type: 'quantitative' }
    }
  };
  const columns = [{ name: 'value', label: 'value', unit: 'bytes' }];
  const body = {
    source: 'Prometheus at metrics:9090',
    note: 'All activity on node1, by any user.',
    charts: [{ title: 'Memory', spec, table: { columns, rows: [[3]] } }]
  };
  const error = { code: 'backend', message: MESSAGE, detail: {} };
  let away = true;
  await page.route(/\/hosts(\?|$)/, route =>
    route.fulfill({
      status: away ? 502 : 200,
      contentType: 'application/json',
      body: JSON.stringify(away ? { error } : body)
    })
  );
  await hrlab.openPanel();
  await hrlab.rows.first().click();
  const hosts = hrlab.view.locator('.hrlab-HostCharts');
  await expect(hosts).toContainText(MESSAGE);
  await expect(hrlab.view.locator('.hrlab-Chart svg')).toHaveCount(3);
  away = false;
  // The view may retry by itself and remove the button at any time: press it until the response is there.
  const again = hosts.locator('button', { hasText: 'Try again' });
  await expect(async () => {
    await again.dispatchEvent('click');
    await expect(hosts.getByRole('heading').first()).toHaveText(
      'Hosts, from Prometheus at metrics:9090',
      { timeout: 2000 }
    );
  }).toPass();
  const chart = hosts.getByRole('img', { name: 'Memory of the hosts' });
  await expect(chart.locator('svg')).not.toHaveCount(0);
  await expect(hosts).not.toContainText(MESSAGE);
  expect(noise).toEqual([]);
});
