const { mkdtempSync } = require('fs');
const { tmpdir } = require('os');
const { join } = require('path');
const base = require('@jupyterlab/galata/lib/playwright-config');

const port = process.env.HRLAB_TEST_PORT ?? '8899';
// Playwright's workers read this file, too, so all use the directory of the first process.
process.env.HRLAB_TEST_DIR ??= mkdtempSync(join(tmpdir(), 'hrlab-ui-'));
const home = process.env.HRLAB_TEST_DIR;
process.env.HRLAB_STORE = join(home, 'runs.sqlite');

module.exports = {
  ...base,
  reporter: [['list']],
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    ...base.use,
    baseURL: `http://localhost:${port}`,
    viewport: { width: 1400, height: 900 },
    video: 'off',
    trace: 'off',
    launchOptions: {
      executablePath: process.env.HRLAB_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
    }
  },
  webServer: {
    command: 'jlpm start > "$HRLAB_TEST_DIR/server.log" 2>&1',
    url: `http://localhost:${port}/lab`,
    timeout: 120_000,
    reuseExistingServer: false,
    env: {
      ...process.env,
      HRLAB_TEST_PORT: port,
      JUPYTER_DATA_DIR: join(home, 'data'),
      JUPYTER_CONFIG_DIR: join(home, 'config'),
      JUPYTER_RUNTIME_DIR: join(home, 'runtime')
    }
  }
};
