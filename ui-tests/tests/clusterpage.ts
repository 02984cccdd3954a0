import type { Locator } from '@playwright/test';
import type { HrlabPage } from './hrlab';

/** Locates the clusters section of the panel. */
export const section = (hrlab: HrlabPage): Locator =>
  hrlab.panel.locator('.hrlab-ClustersSection');

export const card = (hrlab: HrlabPage, name: string): Locator =>
  section(hrlab).locator('.hrlab-Cluster', {
    has: hrlab.page.locator(`.hrlab-Name[title="${name}"]`)
  });

export const newButton = (hrlab: HrlabPage): Locator =>
  hrlab.panel.locator('.hrlab-New-start');

export const form = (hrlab: HrlabPage): Locator =>
  hrlab.panel.getByRole('form', { name: 'New cluster' });
