import { PanelWithToolbar, ReactWidget } from '@jupyterlab/ui-components';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { ClusterDrafts } from './drafts';
import { ClusterList, IClusterItem } from './model';
import { formatDefaults } from './text';
import { QuotaList } from '../quotas/model';
import { CommandIDs } from '../tokens';
import { ClusterCard } from './card';
import type { ICardActions } from './card-actions';
import { IKernelChoice, NewClusterForm } from './form';
import { NewButton } from './new-button';
import { Guard } from '../shared/error-boundary';
import { useSignals, useTicks } from '../shared/hooks';
import { OnScreen } from '../shared/on-screen';
import { QuotaView } from '../quotas/view';

const SECOND = 1000;
const TEN_SECONDS = 10000;
/** Time to wait for a card; a panel that was hidden fetches first. */
const PATIENCE_MS = 10000;
const UNFOLD_MS = 300;

export const CLUSTERS_SECTION = 'hrlab-clusters';

export interface IClustersSectionOptions extends Omit<ICardActions, 'trans'> {
  readonly list: ClusterList;
  readonly drafts: ClusterDrafts;
  readonly quotas: QuotaList;
  readonly translator: ITranslator;
  readonly kernels: () => readonly IKernelChoice[];
  readonly onStart: (profile: string) => void;
  readonly onMenu: (below: HTMLElement) => void;
}

interface IViewProps extends IClustersSectionOptions {
  readonly trans: TranslationBundle;
}

/** Explains what a cluster is for and offers the profiles. */
function Empty(props: IViewProps): JSX.Element | null {
  const { list, drafts, trans } = props;
  if (!list.isLoaded) {
    return list.error ? null : (
      <div className="hrlab-Empty">{trans.__('Loading…')}</div>
    );
  }
  const { profiles, broken } = list.profiles ?? { profiles: [], broken: [] };
  return (
    <div className="hrlab-Empty">
      <p className="hrlab-Empty-head">{trans.__('No clusters yet.')}</p>
      <p>
        {trans.__(
          'A cluster provides Dask workers for your notebooks. Start one, then connect a notebook with one more click:'
        )}
      </p>
      {profiles.map(profile => (
        <div key={profile.name} className="hrlab-Profile">
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-accept hrlab-Button"
            title={profile.description}
            onClick={() => props.onStart(profile.name)}
          >
            {trans.__('Start %1', profile.label)}
          </button>
          <button
            type="button"
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            aria-label={trans.__('Options of %1', profile.label)}
            onClick={() => void drafts.open(profile.name)}
          >
            {trans.__('Options…')}
          </button>
          <div className="hrlab-Field-bounds">
            {formatDefaults(profile, trans)}
          </div>
        </div>
      ))}
      {broken.map(({ name, reason }) => (
        <div key={name} className="hrlab-Profile hrlab-mod-broken">
          {trans.__('%1 is unavailable:', name)} {reason}
        </div>
      ))}
    </div>
  );
}

function Trouble({ list, trans }: IViewProps): JSX.Element | null {
  return list.error ? (
    <div className="hrlab-Trouble" role="status">
      {trans.__('Could not load clusters: %1', list.error.message)}{' '}
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        onClick={() => list.refreshAll()}
      >
        {trans.__('Try again')}
      </button>
    </div>
  ) : null;
}

/** Placeholder for a cluster that cannot be rendered; it can be closed like any other. */
function BrokenCard(
  props: IViewProps & { readonly item: IClusterItem }
): JSX.Element {
  const { item, trans } = props;
  const { id, name } = item.cluster;
  return (
    <li className="hrlab-Cluster hrlab-mod-broken" data-hrlab-cluster={id}>
      <div className="hrlab-Cluster-failure" role="alert">
        {trans.__('%1: this cluster cannot be displayed.', name)}{' '}
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
          onClick={() => props.execute(CommandIDs.closeCluster, id)}
        >
          {trans.__('Close %1', name)}
        </button>
      </div>
    </li>
  );
}

function Cards(props: IViewProps): JSX.Element {
  const { list, drafts, trans } = props;
  const { items } = list;
  const now = Date.now() / 1000;
  const moving = items.some(
    ({ cluster }) =>
      cluster.state === 'starting' ||
      (cluster.idle_stop_at !== null && cluster.idle_stop_at - now < 180)
  );
  useTicks(moving ? SECOND : TEN_SECONDS);
  const card = (item: (typeof items)[number]) => (
    <Guard
      key={item.cluster.id}
      of={item.cluster}
      otherwise={() => <BrokenCard {...props} item={item} />}
    >
      <ClusterCard
        {...props}
        item={item}
        profile={list.profile(item.cluster.profile)}
        scaling={drafts.scaling === item.cluster.id}
        now={now}
      />
    </Guard>
  );
  const mine = items.filter(({ cluster }) => cluster.mine);
  const others = items.filter(({ cluster }) => !cluster.mine);
  return (
    <>
      {mine.length === 0 && !drafts.isOpen ? <Empty {...props} /> : null}
      <ul className="hrlab-Clusters" aria-label={trans.__('Your clusters')}>
        {mine.map(card)}
      </ul>
      {others.length > 0 ? (
        <details
          className="hrlab-Others"
          onToggle={event =>
            event.currentTarget.open &&
            event.currentTarget.scrollIntoView({ block: 'nearest' })
          }
        >
          <summary>
            {trans._n(
              '%1 cluster of other users',
              '%1 clusters of other users',
              others.length
            )}
          </summary>
          <ul
            className="hrlab-Clusters"
            aria-label={trans.__('Clusters of other users')}
          >
            {others.map(card)}
          </ul>
        </details>
      ) : null}
    </>
  );
}

function ClustersView(props: IViewProps): JSX.Element {
  const { list, drafts, trans } = props;
  useSignals(list.changed, drafts.changed);
  return (
    <>
      <Trouble {...props} />
      {list.problems.map(problem => (
        <div key={problem} className="hrlab-Trouble" role="status">
          {problem}
        </div>
      ))}
      {drafts.isOpen && list.profiles ? (
        <NewClusterForm
          key={drafts.form?.profile.name ?? drafts.broken?.name}
          drafts={drafts}
          profiles={list.profiles}
          kernels={props.kernels()}
          quotas={props.quotas}
          trans={trans}
        />
      ) : null}
      <Cards {...props} />
    </>
  );
}

/** Quotas below the cards, always visible; the form shows its own. */
function Limits({ drafts, quotas, trans }: IViewProps): JSX.Element | null {
  useSignals(drafts.changed);
  return drafts.isOpen ? null : <QuotaView list={quotas} trans={trans} />;
}

/** The clusters section of the side panel. */
export class ClustersSection extends PanelWithToolbar {
  constructor(options: IClustersSectionOptions) {
    super();
    const { list, quotas, translator } = options;
    const trans = translator.load('hrlab');
    this.id = CLUSTERS_SECTION;
    this.title.label = trans.__('Clusters');
    this.title.caption = trans.__('Dask clusters, newest first');
    this.addClass('hrlab-ClustersSection');
    this.toolbar.addItem(
      'new',
      ReactWidget.create(<NewButton {...options} trans={trans} />)
    );
    const view = ReactWidget.create(
      <ClustersView {...options} trans={trans} />
    );
    view.addClass('hrlab-ClustersView');
    this.addWidget(view);
    const limits = ReactWidget.create(<Limits {...options} trans={trans} />);
    limits.addClass('hrlab-ClustersLimits');
    this.addWidget(limits);
    this._onScreen = new OnScreen(this, seen => {
      list.setActive(seen);
      quotas.setActive(seen);
    });
  }

  dispose(): void {
    this._onScreen.dispose();
    super.dispose();
  }

  /** Scrolls to the card of a cluster once it exists, and focuses it. */
  showCard(id: string): void {
    const find = () => {
      const card = this.node.querySelector<HTMLElement>(
        `[data-hrlab-card="${CSS.escape(id)}"]`
      );
      if (card) {
        watch.disconnect();
        card.closest('details')?.setAttribute('open', '');
        card.focus({ preventScroll: true });
        // Highlight the card after a click, too.
        card.classList.add('hrlab-mod-shown');
        card.addEventListener(
          'blur',
          () => card.classList.remove('hrlab-mod-shown'),
          { once: true }
        );
        // A section that expands reaches its height gradually.
        [0, UNFOLD_MS].forEach(ms =>
          window.setTimeout(() => card.scrollIntoView({ block: 'nearest' }), ms)
        );
      }
      return card !== null;
    };
    const watch = new MutationObserver(find);
    if (!find()) {
      watch.observe(this.node, { childList: true, subtree: true });
      window.setTimeout(() => watch.disconnect(), PATIENCE_MS);
    }
  }

  private readonly _onScreen: OnScreen;
}
