import { card, section } from './clusterpage';
import { expect, test } from './fixtures';
import { store } from './hrlab';
import { MockClusters } from './mocks';

const add = (changes: object) => store('add', JSON.stringify(changes));
const BEFORE = Date.now() / 1000 - 86400;

test('a run links to the card of its cluster while that exists', async ({
  hrlab,
  page
}) => {
  add({ name: 'on a cluster' });
  add({ name: 'long ago', started_at: BEFORE - 86400 });
  const clusters = new MockClusters();
  await clusters.serve(page);
  clusters.clusters = clusters.clusters.map(one => ({
    ...one,
    id: one.name, // matches the record
    created_at: BEFORE
  }));
  add({ name: 'now', started_at: Date.now() / 1000 - 600 });
  await hrlab.openPanel();
  await hrlab.row('now').click();
  const facts = hrlab.view.locator('.hrlab-FactsSection');
  const link = facts.getByRole('button', { name: 'zee-1' });
  // Loading charts push the facts off screen, where they fetch nothing.
  await expect(hrlab.view.locator('.hrlab-Chart svg')).toHaveCount(3);
  await expect(async () => {
    await facts.scrollIntoViewIfNeeded();
    await expect(link).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 30_000 });
  await hrlab.picture('cluster-link');
  // The card is found even if collapsed and behind another panel.
  await hrlab.panel
    .locator('.jp-AccordionPanel-title', { hasText: 'Clusters' })
    .click();
  await expect(section(hrlab)).toBeHidden();
  await page.sidebar.openTab('filebrowser');
  await link.click();
  await expect(card(hrlab, 'zee-1')).toBeFocused();
  await expect(
    card(hrlab, 'zee-1').locator('.hrlab-Cluster-head')
  ).toBeInViewport();
  await hrlab.picture('cluster-shown');
  await hrlab.row('long ago').click();
  await facts.scrollIntoViewIfNeeded();
  await expect(facts).toContainText('zee-1, 8 workers');
  await expect(facts.getByRole('button')).toHaveCount(0);
});
