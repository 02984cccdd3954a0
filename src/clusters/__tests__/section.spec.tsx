import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { Signal } from '@lumino/signaling';
import type { ICluster, IQuotaReport } from '../../api';
import { ClusterDrafts } from '../drafts';
import { ClusterList } from '../model';
import { QuotaList } from '../../quotas/model';
import { ClusterChoices } from '../saved-choices';
import { cluster, FakeClusters } from './fake-clusters';
import { CommandIDs, IQuotas } from '../../tokens';
import { ClustersSection } from '../section';

class Observer {
  observe(): void {}
  disconnect(): void {}
}

class NoQuotas implements IQuotas {
  readonly changed: Signal<IQuotas, void> = new Signal(this);

  async list(): Promise<IQuotaReport> {
    return { quotas: [], sources: [] };
  }
}

/** A cluster whose card cannot be rendered. */
const odd = (id: string): ICluster => ({
  ...cluster(id),
  workers: null as unknown as ICluster['workers']
});

function sectionOf(
  clusters: FakeClusters,
  list: ClusterList,
  executed: string[]
): ClustersSection {
  const nothing = () => undefined;
  return new ClustersSection({
    list,
    drafts: new ClusterDrafts(clusters, list, nullTranslator.load('hrlab')),
    quotas: new QuotaList(new NoQuotas()),
    translator: nullTranslator,
    kernels: () => [],
    onStart: nothing,
    onMenu: nothing,
    execute: (command, id) => executed.push(`${command} ${id}`),
    onRetry: nothing,
    onEdit: nothing,
    onScale: nothing,
    onResize: async () => '',
    onPress: nothing
  });
}

describe('ClustersSection', () => {
  let clusters: FakeClusters;
  let list: ClusterList;
  let section: ClustersSection;
  const executed: string[] = [];

  const cards = () => [
    ...section.node.querySelectorAll<HTMLElement>('.hrlab-Cluster')
  ];

  /** Waits for a condition, since rendering is asynchronous. */
  async function until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 200 && !isSo(); i++) {
      await new Promise(done => setTimeout(done, 20));
    }
    expect(isSo()).toBe(true);
  }

  beforeEach(() => {
    Object.assign(window, {
      IntersectionObserver: Observer,
      ResizeObserver: Observer
    });
    executed.length = 0;
    clusters = new FakeClusters();
    list = new ClusterList(clusters, new ClusterChoices(null));
    section = sectionOf(clusters, list, executed);
    // React logs every error caught by a boundary.
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
  });

  afterEach(() => {
    section.dispose();
    jest.restoreAllMocks();
  });

  it('shows a placeholder for a cluster that cannot be rendered, and all others', async () => {
    clusters.there = [cluster('a'), odd('odd'), cluster('b')];
    Widget.attach(section, document.body);
    list.setActive(true);
    await until(() => cards().length === 3);
    const broken = cards().filter(card =>
      card.classList.contains('hrlab-mod-broken')
    );
    expect(broken.map(card => card.dataset.hrlabCluster)).toEqual(['odd']);
    expect(broken[0].textContent).toContain('cannot be displayed');
    broken[0].querySelector('button')?.click();
    expect(executed).toEqual([`${CommandIDs.closeCluster} odd`]);
  });

  it('renders it again once it is valid', async () => {
    clusters.there = [odd('odd')];
    Widget.attach(section, document.body);
    list.setActive(true);
    await until(() => cards().length === 1);
    expect(cards()[0].classList).toContain('hrlab-mod-broken');
    clusters.there = [cluster('odd')];
    list.refreshAll();
    await until(() => !cards()[0].classList.contains('hrlab-mod-broken'));
    expect(cards()[0].textContent).toContain('odd');
  });
});
