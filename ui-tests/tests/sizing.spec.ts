import { form } from './clusterpage';
import { expect, test } from './fixtures';
import { store } from './hrlab';

/** Adds a run of the same code on a number of threads: 400 s of work, 4 s of contention, 6 s fixed. */
function addRunOn(threads: number): void {
  const compute = (400 + 4 * (threads - 1)) / threads;
  const stages = {
    submit_seconds: 0.5,
    wait_seconds: 0,
    compute_seconds: compute,
    gather_seconds: 0.5
  };
  const loop = {
    start_seconds: 3,
    stop_seconds: 4 + compute,
    cluster: 0,
    client: 'Client-1',
    tasks: 200,
    failed_tasks: 0,
    left_unfinished: 0,
    stages,
    stage_intervals: []
  };
  const run = {
    name: `Zee on ${threads}`,
    started_at: 1795000000 + threads,
    wall_seconds: 6 + compute + 1,
    phases: {
      pre_seconds: 3,
      dask_seconds: 1 + compute,
      between_seconds: 0,
      post_seconds: 3
    },
    loops: [loop],
    marks: [],
    cells: [],
    groups: [
      {
        name: 'histogram',
        tasks: 200,
        failed_tasks: 0,
        compute_seconds: 400,
        longest_seconds: 3,
        output_bytes: 8
      }
    ],
    clusters: [
      {
        name: 'zee',
        scheduler_address: null,
        dask_version: null,
        memory_bytes: 0,
        clock: null,
        workers: {
          peak: threads,
          time_average: threads,
          threads_peak: threads,
          history: []
        }
      }
    ],
    workload: { variations: 100 },
    warnings: []
  };
  store('add', JSON.stringify(run));
}

test('a cluster size is recommended from earlier runs of the same code', async ({
  hrlab,
  page,
  noise
}) => {
  [1, 2, 4, 8].forEach(addRunOn);
  await hrlab.openPanel();
  await hrlab.row('Zee on 8').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Recommend Cluster Size…' }).click();
  const sizing = hrlab.view.locator('.hrlab-Sizing');
  const goal = sizing.getByRole('combobox', { name: 'Goal' });
  await expect(goal).toBeFocused();
  // The command requests a recommendation immediately; the form refines it.
  await expect(sizing).toContainText('core hours; ');
  await goal.selectOption('finish_within_seconds');
  await expect(
    sizing.getByRole('button', { name: 'Recommend' })
  ).toBeDisabled();
  await sizing.getByRole('textbox', { name: 'Finish within' }).fill('60');
  await page.keyboard.press('Enter');
  await expect(sizing).toContainText('9 workers: about 55.0 s');
  await expect(sizing).toContainText('From 4 runs');
  await expect(sizing.locator('.hrlab-Chart svg')).toHaveCount(1);
  await expect(sizing.locator('details')).toContainText('core hours');
  await hrlab.picture('how-large');
  // Twice as much work needs more workers for the same time.
  await sizing.getByLabel('for variations').fill('200');
  await page.keyboard.press('Enter');
  await expect(sizing).toContainText('variations, and that all other time');
  expect(noise).toEqual([]);
});

test('a recommendation is created: the form is filled in, and recommends the same', async ({
  hrlab,
  page,
  noise
}) => {
  [1, 2].forEach(addRunOn);
  await hrlab.openPanel();
  await hrlab.row('Zee on 2').click();
  const sizing = hrlab.view.locator('.hrlab-Sizing');
  await sizing
    .getByRole('combobox', { name: 'on' })
    .selectOption('This machine');
  await sizing.getByRole('button', { name: 'Recommend' }).click();
  const sentence = sizing.locator('.hrlab-Sizing-words');
  await expect(sentence).toContainText(/^\d+ workers?: about/);
  const workers = /^\d+/.exec((await sentence.textContent()) ?? '')?.[0] ?? '';
  await sizing.getByRole('button', { name: 'Create this cluster' }).click();
  const field = form(hrlab).getByRole('spinbutton', { name: 'Workers' });
  await expect(field).toHaveValue(workers);
  const advice = form(hrlab).getByRole('group', { name: 'Recommendation' });
  await expect(advice).toContainText('Zee on 2 in about');
  await expect(advice.getByRole('button', { name: 'applied' })).toBeDisabled();
  await hrlab.picture('form-advised');
  // The number can be changed, and the recommendation applied again.
  await field.fill('1');
  await field.press('Tab');
  await advice.getByRole('button', { name: 'apply' }).click();
  await expect(field).toHaveValue(workers);
  await hrlab.setPanelWidth(240);
  await page.theme.setDarkTheme();
  await hrlab.picture('form-advised-dark-240');
  expect(noise).toEqual([]);
});

test('a single failed run gives no recommendation, but says what to do', async ({
  hrlab
}) => {
  store(
    'add',
    JSON.stringify({
      name: 'alone',
      status: 'failed',
      error: { type: 'ValueError', message: 'no' }
    })
  );
  await hrlab.openPanel();
  await hrlab.rows.first().click();
  const sizing = hrlab.view.locator('.hrlab-Sizing');
  await sizing.getByRole('button', { name: 'Recommend' }).click();
  await expect(sizing).toContainText(
    'Time the same code on 1, 2 and 4 workers'
  );
});
