import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  ISessionContext,
  ISessionContextDialogs,
  Notification,
  SessionContextDialogs
} from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import {
  INotebookCellExecutor,
  INotebookTracker,
  NotebookActions,
  NotebookPanel,
  runCell
} from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import {
  headingOver,
  IRunPlan,
  loadExtension,
  metadataFor,
  nameFor,
  withExecuteMetadata
} from './execute-metadata';
import { CommandIDs } from '../tokens';
import { timeAllIcon, timeRunIcon } from '../shared/icons';
import { describedBy } from '../shared/describe';
import { loadInNotebooks } from './load-extension';

const PLUGIN = 'hrlab:timing';
const INSTALL = 'pip install --no-deps hrlab';
const INSTALL_ALL = 'pip install hrlab';
const WARNING_MS = 15000;
const NOTHING_MS = 5000;

const TOOLBAR_ARGS = describedBy({
  toolbar: {
    type: 'boolean',
    description: 'Whether the command is shown as a button without a label.'
  }
});

interface IParts {
  readonly tracker: INotebookTracker;
  readonly executor: INotebookCellExecutor | null;
  readonly dialogs: ISessionContextDialogs;
  readonly translator: ITranslator;
  readonly trans: TranslationBundle;
}

const isTimed = (cell: Cell) =>
  cell.model.type === 'code' &&
  cell.model.sharedModel.getSource().trim().length > 0;

function planFor(panel: NotebookPanel, timed: readonly Cell[]): IRunPlan {
  const all = panel.content.widgets;
  const sources = all.map(cell => ({
    type: cell.model.type,
    text: cell.model.sharedModel.getSource()
  }));
  const notebook = panel.context.path;
  const whole = timed.length === all.filter(isTimed).length;
  const first = all.indexOf(timed[0]);
  // Otherwise single cells of a notebook would all get its name.
  const single = timed.length === 1 && !whole;
  return {
    run_id: UUID.uuid4().replace(/-/g, ''),
    name: single
      ? (headingOver(sources, first) ?? '')
      : nameFor(sources, first, notebook),
    notebook,
    whole,
    cellIds: timed.map(cell => cell.model.id)
  };
}

/** JupyterLab truncates notifications after 140 characters. */
function sayMissing(trans: TranslationBundle): void {
  Notification.warning(
    trans.__(
      'Not timed: hrlab is not installed in this kernel. Run there: %1 (or %2 if distributed is missing).',
      INSTALL,
      INSTALL_ALL
    ),
    { autoClose: WARNING_MS }
  );
}

/** Loads hrlab into a Python kernel; the request is sent before the cells'. */
async function prepareKernel(
  kernel: Kernel.IKernelConnection,
  trans: TranslationBundle
): Promise<boolean> {
  const { language_info } = await kernel.info;
  if (language_info.name !== 'python') {
    Notification.warning(
      trans.__(
        'hrlab times Python kernels only; this one runs %1, so nothing was timed.',
        language_info.name
      ),
      { autoClose: WARNING_MS }
    );
    return false;
  }
  void loadExtension(kernel).then(
    answer => answer === 'missing' && sayMissing(trans),
    () => undefined // the kernel died or restarted, which JupyterLab reports
  );
  return true;
}

/** If another extension provides the executor, runs cells one by one through JupyterLab's own. */
async function runOneByOne(
  panel: NotebookPanel,
  cells: readonly Cell[],
  context: ISessionContext,
  parts: IParts
): Promise<void> {
  const { model, notebookConfig } = panel.content;
  if (!model) {
    return;
  }
  const options = {
    notebook: model,
    notebookConfig,
    onCellExecuted: () => undefined,
    onCellExecutionScheduled: () => undefined,
    sessionContext: context,
    sessionDialogs: parts.dialogs,
    translator: parts.translator
  };
  const sent = cells.map(cell => runCell({ cell, ...options }));
  await Promise.all(sent);
}

async function runCells(
  panel: NotebookPanel,
  cells: readonly Cell[],
  context: ISessionContext,
  parts: IParts
): Promise<void> {
  const foreign = parts.executor && parts.executor.runCell !== runCell;
  if (foreign) {
    await runOneByOne(panel, cells, context, parts);
  } else {
    await NotebookActions.runCells(
      panel.content,
      cells,
      context,
      parts.dialogs,
      parts.translator
    );
  }
}

/** Returns the kernel of a notebook, waiting while it starts. */
async function kernelOf(
  context: ISessionContext,
  dialogs: ISessionContextDialogs
): Promise<Kernel.IKernelConnection | null> {
  if (!context.isReady) {
    await context.ready;
  }
  if (context.hasNoKernel && (await context.startKernel())) {
    await dialogs.selectKernel(context);
  }
  const kernel = context.session?.kernel ?? null;
  return kernel?.status === 'dead' ? null : kernel;
}

/** Runs cells as usual; those that reach the kernel form one run of hrlab. */
async function runWithTiming(
  panel: NotebookPanel,
  cells: readonly Cell[],
  parts: IParts
): Promise<void> {
  const { sessionContext } = panel;
  const timed = cells.filter(isTimed);
  if (timed.length === 0) {
    Notification.info(parts.trans.__('Nothing to time: select a code cell.'), {
      autoClose: NOTHING_MS
    });
  }
  const kernel =
    timed.length > 0 ? await kernelOf(sessionContext, parts.dialogs) : null;
  if (!kernel || !(await prepareKernel(kernel, parts.trans))) {
    await runCells(panel, cells, sessionContext, parts);
    return;
  }
  const plan = planFor(panel, timed);
  const context = withExecuteMetadata(sessionContext, metadata =>
    metadataFor(plan, metadata?.cellId)
  );
  await runCells(panel, cells, context, parts);
}

/** Selects the next cell, as "Run" does, so that pressing again reaches a code cell. */
function advance({ content }: NotebookPanel): void {
  const last = content.widgets.reduce(
    (found, cell, index) => (content.isSelectedOrActive(cell) ? index : found),
    content.activeCellIndex
  );
  content.deselectAll();
  content.activeCellIndex = Math.min(last + 1, content.widgets.length - 1);
}

function addCommand(
  app: JupyterFrontEnd,
  parts: IParts,
  id: string,
  look: {
    readonly label: string;
    readonly caption: string;
    readonly icon: typeof timeRunIcon;
  },
  cellsOf: (panel: NotebookPanel) => readonly Cell[]
): void {
  app.commands.addCommand(id, {
    label: args => (args.toolbar ? '' : look.label),
    caption: look.caption,
    icon: look.icon,
    describedBy: TOOLBAR_ARGS,
    isEnabled: () => parts.tracker.currentWidget !== null,
    execute: async () => {
      const panel = parts.tracker.currentWidget;
      if (panel) {
        const cells = cellsOf(panel);
        const running = runWithTiming(panel, cells, parts);
        if (cells.length > 0 && !cells.some(isTimed)) {
          advance(panel);
        }
        await running;
      }
    }
  });
}

function addCommands(app: JupyterFrontEnd, parts: IParts): void {
  const { trans } = parts;
  addCommand(
    app,
    parts,
    CommandIDs.runWithTiming,
    {
      label: trans.__('Run with Timing'),
      caption: trans.__('Run the selected cells and time them as one run'),
      icon: timeRunIcon
    },
    ({ content }) =>
      content.widgets.filter(cell => content.isSelectedOrActive(cell))
  );
  addCommand(
    app,
    parts,
    CommandIDs.runAllWithTiming,
    {
      label: trans.__('Run All Cells with Timing'),
      caption: trans.__('Run the whole notebook and time it as one run'),
      icon: timeAllIcon
    },
    ({ content }) => content.widgets
  );
}

/** "Run with Timing"; its buttons, menus and shortcuts are defined in the settings schema. */
export const timingPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Runs cells with timing.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [
    INotebookCellExecutor,
    ISessionContextDialogs,
    ITranslator,
    ICommandPalette,
    ISettingRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    executor: INotebookCellExecutor | null,
    dialogs: ISessionContextDialogs | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null
  ): void => {
    const found = translator ?? nullTranslator;
    const trans = found.load('hrlab');
    addCommands(app, {
      tracker,
      executor,
      dialogs: dialogs ?? new SessionContextDialogs({ translator: found }),
      translator: found,
      trans
    });
    void loadInNotebooks(PLUGIN, tracker, registry).catch(() => undefined);
    for (const command of [
      CommandIDs.runWithTiming,
      CommandIDs.runAllWithTiming
    ]) {
      palette?.addItem({ command, category: trans.__('hrlab') });
    }
  }
};
