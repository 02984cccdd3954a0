// Take the README's picture from the running product: the example in JupyterLab, timed, with the panel open.
// Usage: node scripts/picture.mjs TARGET.png [dark]    (`make picture` sets up what it needs)
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { declineNews, root, until, withLab } from './lab.mjs';

const [target, theme] = process.argv.slice(2);

function prepare(folder) {
  for (const name of ['zee.ipynb', 'zee.py']) {
    copyFileSync(join(root, 'examples', name), join(folder, name));
  }
}

async function draw(page) {
  const run = () =>
    page.evaluate(() =>
      window.jupyterapp.commands.execute('notebook:run-all-cells')
    );
  const results = page.locator(
    '.jp-Notebook .hrlab-Result:not(.hrlab-Progress)'
  );
  const rows = page.locator('.hrlab-RunRow[data-hrlab-run]');
  await page.waitForTimeout(3000); // the kernel's start is not what the picture is about
  for (const count of [1, 2]) {
    await run();
    await until(`run ${count}`, 180, async () => (await rows.count()) >= count);
    // The last cell closes the cluster and shows the run once more.
    await until('the last cell', 60, async () => (await results.count()) >= 2);
  }
  await declineNews(page);
  await page.waitForTimeout(2000);
  await page
    .locator('.jp-Notebook .jp-CodeCell')
    .nth(2)
    .evaluate(cell => cell.scrollIntoView({ block: 'start' }));
  await page.waitForTimeout(1500);
  await page.screenshot({ path: target });
  console.log(`Took ${target}.`);
}

await withLab({ notebook: 'zee.ipynb', theme, prepare, draw });
