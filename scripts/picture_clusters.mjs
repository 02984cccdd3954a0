// Take the picture of clusters from the running product: one that works, one that starts, and Dask's panes.
// Usage: node scripts/picture_clusters.mjs TARGET.png [dark]    (`make picture` sets up what it needs)
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { declineNews, until, withLab } from './lab.mjs';

const [target, theme] = process.argv.slice(2);

const WORK = `import time


def analyse(seed):
    time.sleep(0.4)
    return seed**2


futures = client.map(analyse, range(400), pure=False)`;

/** As a small site would have it: without a limit there are fewer bars. */
const SITE = `c.HRLab.quotas = {"each": {"label": "Each user", "workers": 8, "clusters": 4}}
c.HRLab.storage = {}
`;

function prepare(folder) {
  mkdirSync(join(folder, '.config'));
  writeFileSync(join(folder, '.config', 'jupyter_server_config.py'), SITE);
  const cell = (id, source) => ({
    cell_type: 'code',
    id,
    metadata: {},
    execution_count: null,
    outputs: [],
    source
  });
  const notebook = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    cells: [cell('first', WORK)]
  };
  writeFileSync(join(folder, 'analysis.ipynb'), JSON.stringify(notebook));
}

async function draw(page) {
  const cards = page.locator('.hrlab-Cluster');
  const card = cards.filter({ hasText: /^local(?!-)/ });
  const press = name => card.getByRole('button', { name }).click();
  const state = (found, wanted) => async () =>
    (await found.getAttribute('data-hrlab-cluster-state')) === wanted;
  await page.setViewportSize({ width: 1180, height: 700 });
  await page.waitForTimeout(3000);
  await declineNews(page);
  await page.locator('.hrlab-New-start').click();
  await until('the cluster', 60, state(card, 'ready'));
  await press('Connect this');
  await page.getByText('Connected to local').waitFor();
  await press('Insert a cell');
  await page.locator('.jp-Notebook .jp-CodeCell').nth(1).waitFor();
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('notebook:run-all-cells')
  );
  await page.waitForTimeout(2000);
  await press('Open the dashboard');
  await page.waitForTimeout(7000);
  await page.locator('.hrlab-New-start').click();
  await until('the start of another', 20, async () =>
    (await cards.first().textContent()).includes('starting')
  );
  await page.screenshot({ path: target });
  console.log(`Took ${target}.`);
  await closeAll(page, cards);
}

async function closeAll(page, cards) {
  const open = page.locator(
    '.hrlab-Cluster[data-hrlab-cluster]:not([data-hrlab-cluster-state="closing"])'
  );
  const yes = page.locator('.jp-Dialog .jp-mod-warn');
  await until('the clusters to close', 60, async () => {
    if (await yes.isVisible()) {
      await yes.click();
    } else if (await open.count()) {
      await page.evaluate(
        id => {
          // Not waited for: it asks first.
          void window.jupyterapp.commands.execute('hrlab:close-cluster', {
            id
          });
        },
        await open.first().getAttribute('data-hrlab-cluster')
      );
      await page.waitForTimeout(1500);
    }
    return !(await cards.count());
  });
}

await withLab({ notebook: 'analysis.ipynb', theme, prepare, draw });
