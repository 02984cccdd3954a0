import { ReactWidget } from '@jupyterlab/ui-components';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import React from 'react';
import type { IDelivery, IRunQuery } from '../api';
import { formatCount } from '../shared/format';
import { labelsFromText, labelsToText } from './labels';
import { PanelState } from '../shared/panel-state';
import { RunList } from './list-model';
import { Snapshot } from '../shared/snapshot';
import { DeliveryNotes } from '../export/notes';
import { Filter } from './filter';
import { useSignals } from '../shared/hooks';
import { hrlabIcon } from '../shared/icons';
import { RunRows } from './list';

const LABELS_OFFERED = 50;
const MAGIC = '%%hrtime';
const LOAD = '%load_ext hrlab';

export interface IRunsSectionOptions {
  readonly list: RunList;
  readonly state: PanelState;
  readonly delivery: Snapshot<IDelivery | null>;
  readonly translator: ITranslator;
  readonly onOpen: (id: string) => void;
  readonly onDelete: (ids: readonly string[]) => void;
  readonly onCompare: (ids: readonly string[]) => void;
  readonly onExample: () => void;
}

interface IViewProps extends IRunsSectionOptions {
  readonly trans: TranslationBundle;
  readonly notebook: string | null;
}

function isFiltered(query: IRunQuery): boolean {
  return Boolean(query.text || query.notebook || query.labels?.length);
}

/** Explains why the list is empty and what to do. */
function Empty(props: IViewProps): JSX.Element | null {
  const { list, trans, state } = props;
  if (list.total === null && !list.error) {
    return <div className="hrlab-Empty">{trans.__('Loading…')}</div>;
  }
  if (list.total !== 0) {
    return null;
  }
  if (isFiltered(list.query)) {
    return (
      <div className="hrlab-Empty">
        <p>{trans.__('No runs match.')}</p>
        <button
          className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
          onClick={() =>
            state.set({ text: '', label: '', thisNotebook: false })
          }
        >
          {trans.__('Show all runs')}
        </button>
      </div>
    );
  }
  return (
    <div className="hrlab-Empty">
      <p className="hrlab-Empty-head">{trans.__('No runs yet.')}</p>
      <p>
        {trans.__('Press')}{' '}
        <hrlabIcon.react tag="span" width="14px" verticalAlign="middle" />{' '}
        {trans.__('in a notebook’s toolbar, or start a cell with')}{' '}
        <code>{MAGIC}</code>. {trans.__('If it is not found, run this first:')}{' '}
        <code>{LOAD}</code>
      </p>
      <button
        className="jp-Button jp-mod-styled jp-mod-accept hrlab-Button"
        onClick={props.onExample}
      >
        {trans.__('Open the example')}
      </button>
    </div>
  );
}

function Trouble(props: IViewProps): JSX.Element | null {
  const { list, trans } = props;
  if (!list.error) {
    return null;
  }
  return (
    <div className="hrlab-Trouble" role="status" title={list.error.message}>
      {trans.__('Could not load runs: %1', list.error.message)}{' '}
      <button
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        onClick={() => list.refresh()}
      >
        {trans.__('Try again')}
      </button>
    </div>
  );
}

/** Warns that runs will be lost with the server, until dismissed. */
function StorageWarning({
  list,
  state,
  trans
}: IViewProps): JSX.Element | null {
  const said = list.storageWarning;
  if (!said || said === state.value.storageWarningSeen) {
    return null;
  }
  return (
    <div className="hrlab-Trouble" role="status">
      {said}{' '}
      <button
        type="button"
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        title={trans.__('Don’t show this again')}
        onClick={() => state.set({ storageWarningSeen: said })}
      >
        {trans.__('Dismiss')}
      </button>
    </div>
  );
}

function Footer(props: IViewProps): JSX.Element | null {
  const { list, state, trans } = props;
  const selected = state.value.selected.length;
  if (!list.total) {
    return null;
  }
  return (
    <div className="hrlab-Footer">
      <span>
        {list.total === 1
          ? trans.__('1 run')
          : trans.__('%1 runs', formatCount(list.total))}
      </span>
      {selected > 0 ? (
        <>
          <span>{trans.__('%1 selected', formatCount(selected))}</span>
          <button
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            title={trans.__('Clear the selection')}
            onClick={() => state.set({ selected: [] })}
          >
            {trans.__('clear')}
          </button>
          <button
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            title={trans.__('Compare the selected runs side by side')}
            disabled={selected < 2}
            onClick={() => props.onCompare(state.value.selected)}
          >
            {trans.__('compare %1', formatCount(selected))}
          </button>
        </>
      ) : null}
    </div>
  );
}

function labelsSeen(list: RunList): readonly string[] {
  const seen = new Set<string>();
  for (let i = 0; i < LABELS_OFFERED; i++) {
    const run = list.row(i);
    for (const [key, value] of Object.entries(run?.labels ?? {})) {
      seen.add(labelsToText({ [key]: value }));
    }
  }
  return [...seen].sort();
}

function RunsView(props: IViewProps): JSX.Element {
  useSignals(props.list.changed, props.state.changed);
  return (
    <>
      <Filter
        state={props.state}
        notebook={props.notebook}
        knownLabels={labelsSeen(props.list)}
        trans={props.trans}
      />
      <Trouble {...props} />
      <StorageWarning {...props} />
      <DeliveryNotes {...props} />
      <Empty {...props} />
      {props.list.total ? <RunRows {...props} /> : null}
      <Footer {...props} />
    </>
  );
}

/** The runs section of the side panel. */
export class RunsSection extends ReactWidget {
  constructor(private readonly _options: IRunsSectionOptions) {
    super();
    this._trans = _options.translator.load('hrlab');
    this.id = 'hrlab-runs';
    this.title.label = this._trans.__('Runs');
    this.title.caption = this._trans.__('Timed runs, newest first');
    this.addClass('hrlab-RunsSection');
    _options.state.changed.connect(this._applyFilter, this);
    document.addEventListener('visibilitychange', this._onVisibility);
    this._onScreen.observe(this.node);
    this._applyFilter();
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    document.removeEventListener('visibilitychange', this._onVisibility);
    this._onScreen.disconnect();
    this._options.list.dispose();
    this._options.delivery.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  /** Sets the path of the active notebook, for the filter "this notebook". */
  setNotebook(path: string | null): void {
    if (path !== this._notebook) {
      this._notebook = path;
      this._applyFilter();
      this.update();
    }
  }

  /** Fetches from the server again. */
  refresh(): void {
    this._options.list.refresh();
    this._options.delivery.refresh();
  }

  protected render(): JSX.Element {
    return (
      <RunsView
        {...this._options}
        trans={this._trans}
        notebook={this._notebook}
      />
    );
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._onVisibility();
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._isOnScreen = false;
    this._onVisibility();
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._onVisibility();
  }

  private _applyFilter(): void {
    const { text, label, thisNotebook } = this._options.state.value;
    const labels = Object.entries(labelsFromText(label)).map(
      ([key, value]) => `${key}=${value}`
    );
    this._options.list.setQuery({
      ...(text.trim() ? { text: text.trim() } : {}),
      ...(labels.length > 0 ? { labels } : {}),
      ...(thisNotebook && this._notebook ? { notebook: this._notebook } : {})
    });
  }

  private readonly _onVisibility = (): void => {
    const seen = this._isOnScreen || this.isVisible;
    this._options.list.setActive(seen && !document.hidden);
    this._options.delivery.setActive(seen && !document.hidden);
  };

  /** A restored side bar may show its panel without onAfterShow. */
  private readonly _onScreen = new IntersectionObserver(entries => {
    this._isOnScreen = entries[entries.length - 1].isIntersecting;
    this._onVisibility();
  });

  private readonly _trans: TranslationBundle;
  private _notebook: string | null = null;
  private _isOnScreen = false;
}
