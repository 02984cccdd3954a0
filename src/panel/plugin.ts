import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { refreshIcon, settingsIcon } from '@jupyterlab/ui-components';
import { ISignal, Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { PanelState } from '../shared/panel-state';
import { RunList } from '../runs/list-model';
import { Snapshot } from '../shared/snapshot';
import { CommandIDs, IExports, IRuns, ISections } from '../tokens';
import { hrlabIcon } from '../shared/icons';
import { HrlabPanel } from './panel';
import { RunsSection } from '../runs/section';
import { NO_ARGS } from '../shared/describe';

const RANK = 210; // dask-labextension uses 200
const SETTINGS = 'settingeditor:open';
/** Below the clusters section. */
const RUNS_RANK = 200;

/** The panel's interface for other features. */
class Sections implements ISections {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _panel: HrlabPanel,
    private readonly _state: PanelState
  ) {}

  get refreshed(): ISignal<ISections, void> {
    return this._refreshed;
  }

  add(section: Widget, rank: number): void {
    this._panel.addSection(section, rank);
  }

  reveal(section?: string): void {
    this._app.shell.activateById(this._panel.id);
    if (section !== undefined && this._state.value.folded.includes(section)) {
      this._state.fold(section, false);
    }
  }

  announceRefresh(): void {
    this._refreshed.emit();
  }

  private readonly _refreshed = new Signal<ISections, void>(this);
}

interface IPanelParts {
  readonly app: JupyterFrontEnd;
  readonly runs: IRuns;
  readonly exports: IExports;
  readonly state: PanelState;
  readonly translator: ITranslator;
}

function makeSection(parts: IPanelParts): RunsSection {
  const { app, runs, exports, state, translator } = parts;
  const execute = (command: string, id?: string) =>
    void app.commands.execute(command, id ? { id } : {});
  return new RunsSection({
    list: new RunList(runs),
    delivery: new Snapshot(() => exports.get(), exports.changed),
    state,
    translator,
    onOpen: id => execute(CommandIDs.openRun, id),
    onDelete: ids =>
      void app.commands.execute(CommandIDs.deleteRun, { ids: [...ids] }),
    onCompare: ids =>
      void app.commands.execute(CommandIDs.compareRuns, { ids: [...ids] }),
    onExample: () => execute(CommandIDs.openExample)
  });
}

function makePanel(parts: IPanelParts): HrlabPanel {
  const { app, state, translator } = parts;
  return new HrlabPanel({
    state,
    translator,
    onRefresh: () => void app.commands.execute(CommandIDs.refreshRuns),
    onSettings: () => void app.commands.execute(CommandIDs.openSettings)
  });
}

/** Keeps the "this notebook" filter in sync with the active notebook. */
function followNotebook(tracker: INotebookTracker, section: RunsSection): void {
  const follow = () =>
    section.setNotebook(tracker.currentWidget?.context.path ?? null);
  tracker.currentChanged.connect((_, panel) => {
    panel?.context.pathChanged.connect(follow);
    follow();
  });
  follow();
}

function addCommands(
  parts: IPanelParts,
  section: RunsSection,
  sections: Sections,
  palette: ICommandPalette | null
): void {
  const { app, translator } = parts;
  const trans = translator.load('hrlab');
  app.commands.addCommand(CommandIDs.openPanel, {
    label: trans.__('Show Runs and Clusters'),
    caption: trans.__('Show clusters and timed runs in the side panel'),
    icon: hrlabIcon,
    describedBy: NO_ARGS,
    execute: () => sections.reveal()
  });
  app.commands.addCommand(CommandIDs.refreshRuns, {
    label: trans.__('Refresh Runs and Clusters'),
    caption: trans.__('Reload runs and clusters from the server'),
    icon: refreshIcon,
    describedBy: NO_ARGS,
    execute: () => {
      section.refresh();
      sections.announceRefresh();
    }
  });
  app.commands.addCommand(CommandIDs.openSettings, {
    label: trans.__('hrlab Settings'),
    caption: trans.__('Open the hrlab settings'),
    icon: settingsIcon,
    describedBy: NO_ARGS,
    isEnabled: () => app.commands.hasCommand(SETTINGS),
    execute: () => app.commands.execute(SETTINGS, { query: 'hrlab' })
  });
  const category = trans.__('hrlab');
  for (const command of [
    CommandIDs.openPanel,
    CommandIDs.refreshRuns,
    CommandIDs.openSettings
  ]) {
    palette?.addItem({ command, category });
  }
}

/** The side panel and its runs section. */
export const panelPlugin: JupyterFrontEndPlugin<ISections> = {
  id: 'hrlab:panel',
  description: 'The side panel, with the timed runs.',
  autoStart: true,
  requires: [IRuns, IExports],
  provides: ISections,
  optional: [
    ITranslator,
    IStateDB,
    ILayoutRestorer,
    INotebookTracker,
    ICommandPalette
  ],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    exports: IExports,
    translator: ITranslator | null,
    stateDB: IStateDB | null,
    restorer: ILayoutRestorer | null,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ): ISections => {
    const state = new PanelState(stateDB);
    const parts = {
      app,
      runs,
      exports,
      state,
      translator: translator ?? nullTranslator
    };
    const panel = makePanel(parts);
    const section = makeSection(parts);
    const sections = new Sections(app, panel, state);
    sections.add(section, RUNS_RANK);
    addCommands(parts, section, sections, palette);
    if (tracker) {
      followNotebook(tracker, section);
    }
    restorer?.add(panel, panel.id);
    app.shell.add(panel, 'left', { rank: RANK, type: 'hrlab' });
    runs.removed.connect((_, id) => state.deselect(id));
    void state.load();
    return sections;
  }
};
