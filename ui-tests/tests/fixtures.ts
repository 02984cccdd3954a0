import { test as base } from '@jupyterlab/galata';
import { HrlabPage, store } from './hrlab';

interface IFixtures {
  readonly hrlab: HrlabPage;
  readonly noise: string[];
}

/** Expected console messages of a browser when a kernel or server goes away. */
const NOT_OURS = [/favicon/, /Failed to load resource/, /ResizeObserver/];

/** A test with an empty store and the panel's page object. */
export const test = base.extend<IFixtures>({
  noise: [
    async ({ page }, use) => {
      const noise: string[] = [];
      page.on('pageerror', error => noise.push(String(error)));
      page.on('console', message => {
        const text = message.text();
        if (
          message.type() === 'error' &&
          !NOT_OURS.some(pattern => pattern.test(text))
        ) {
          noise.push(text);
        }
      });
      await use(noise);
    },
    { auto: true }
  ],
  hrlab: async ({ page, tmpPath }, use) => {
    store('clear');
    await use(new HrlabPage(page, tmpPath));
  }
});

export { expect } from '@jupyterlab/galata';
