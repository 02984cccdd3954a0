// A JupyterLab of its own with a page in it, for pictures of the running product.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
const require = createRequire(join(root, 'ui-tests', 'package.json'));
const { chromium } = require('@playwright/test');

const freePort = () =>
  new Promise(found => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });

export async function until(what, seconds, try_) {
  const giveUp = Date.now() + 1000 * seconds;
  for (;;) {
    const result = await try_().catch(() => false);
    if (result) {
      return result;
    }
    if (Date.now() > giveUp) {
      throw new Error(`Waited ${seconds} s for ${what}.`);
    }
    await new Promise(later => setTimeout(later, 300));
  }
}

function startServer(folder, port, token) {
  const options = [
    '--no-browser',
    '--allow-root',
    '--ip=127.0.0.1',
    `--port=${port}`,
    `--ServerApp.root_dir=${folder}`,
    '--LabApp.expose_app_in_browser=True'
  ];
  return spawn('jupyter', ['lab', ...options], {
    stdio: 'ignore',
    env: {
      ...process.env,
      JUPYTER_TOKEN: token,
      HRLAB_STORE: join(folder, '.runs.sqlite'),
      JUPYTER_CONFIG_DIR: join(folder, '.config'),
      JUPYTER_DATA_DIR: join(folder, '.data'),
      JUPYTER_RUNTIME_DIR: join(folder, '.runtime'),
      JUPYTERLAB_SETTINGS_DIR: join(folder, '.settings'),
      JUPYTERLAB_WORKSPACES_DIR: join(folder, '.workspaces')
    }
  });
}

async function openPage(browser, url, theme) {
  const page = await browser.newPage({
    viewport: { width: 1180, height: 600 },
    deviceScaleFactor: 1.5
  });
  await page.goto(url);
  await page
    .locator('.jp-Notebook .jp-CodeCell')
    .first()
    .waitFor({ timeout: 60_000 });
  if (theme === 'dark') {
    await page.evaluate(() =>
      window.jupyterapp.commands.execute('apputils:change-theme', {
        theme: 'JupyterLab Dark'
      })
    );
  }
  await page.evaluate(() =>
    window.jupyterapp.shell.activateById('hrlab-panel')
  );
  return page;
}

/** No question about news in the picture. */
export async function declineNews(page) {
  const news = page.getByRole('button', { name: 'No', exact: true });
  if (await news.isVisible()) {
    await news.click();
  }
}

/** Show a notebook with hrlab's panel; `prepare` fills the folder, `draw` takes the picture. */
export async function withLab({ notebook, theme, prepare, draw }) {
  const folder = mkdtempSync(join(tmpdir(), 'hrlab-picture-'));
  prepare(folder);
  const token = randomBytes(16).toString('hex');
  const port = await freePort();
  const server = startServer(folder, port, token);
  let browser;
  try {
    const url = `http://127.0.0.1:${port}/lab/tree/${notebook}?token=${token}`;
    await until('the server', 60, async () => (await fetch(url)).ok);
    browser = await chromium.launch({
      executablePath: process.env.HRLAB_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
    });
    await draw(await openPage(browser, url, theme));
  } finally {
    await browser?.close();
    server.kill('SIGTERM');
    await new Promise(ended => server.once('exit', ended));
    rmSync(folder, { recursive: true, force: true });
  }
}
