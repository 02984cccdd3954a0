import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Contents, ServiceManager } from '@jupyterlab/services';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { notebookIcon } from '@jupyterlab/ui-components';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { IRunRecord } from '../api';
import { exampleNotebook, timedCellOf } from './example';
import { CommandIDs, IRuns } from '../tokens';
import { NO_ARGS, RUN_ARGS } from '../shared/describe';
import { notifyFailure } from '../shared/notify';
import { runIdOf } from '../shared/target';

const OPEN = 'docmanager:open';
const EXAMPLE = 'examples/zee.ipynb';
const SMALL_EXAMPLE = 'hrlab-example.ipynb';

/** Checks from the root down, since requesting a missing path logs an error. */
async function exists(
  contents: Contents.IManager,
  path: string
): Promise<boolean> {
  let folder = '';
  for (const name of path.split('/')) {
    const inside: unknown = (await contents.get(folder)).content;
    const found =
      Array.isArray(inside) && inside.some(item => item.name === name);
    if (!found) {
      return false;
    }
    folder = folder ? `${folder}/${name}` : name;
  }
  return true;
}

/** Returns the default kernel for a new notebook, so that no dialog is needed. */
function defaultKernel(services: ServiceManager.IManager): PartialJSONObject {
  const specs = services.kernelspecs.specs;
  const spec = specs?.kernelspecs[specs.default];
  return spec
    ? { kernelspec: { name: spec.name, display_name: spec.display_name } }
    : {};
}

/** Returns the path of the example, creating a small one if the full one is missing. */
async function examplePath(app: JupyterFrontEnd): Promise<string> {
  const services = app.serviceManager;
  for (const path of [EXAMPLE, SMALL_EXAMPLE]) {
    if (await exists(services.contents, path)) {
      return path;
    }
  }
  await services.contents.save(SMALL_EXAMPLE, {
    type: 'notebook',
    format: 'json',
    content: exampleNotebook(defaultKernel(services))
  });
  return SMALL_EXAMPLE;
}

/** Scrolls to the first cell of a run. */
async function revealCell(
  panel: NotebookPanel,
  run: IRunRecord
): Promise<boolean> {
  await panel.context.ready;
  await panel.revealed;
  const id = run.cells[0]?.cell_id;
  const index = panel.content.widgets.findIndex(cell => cell.model.id === id);
  if (index < 0) {
    return false;
  }
  panel.content.deselectAll();
  panel.content.activeCellIndex = index;
  await panel.content.scrollToItem(index, 'smart');
  return true;
}

/** Selects the timed cell instead of the heading, so that the first press of the stopwatch times something. */
async function selectTimedCell({
  content,
  context,
  revealed
}: NotebookPanel): Promise<void> {
  await context.ready;
  await revealed;
  const index = timedCellOf(
    content.widgets.map(({ model }) => ({
      id: model.id,
      text: model.sharedModel.getSource()
    }))
  );
  if (index >= 0) {
    content.activeCellIndex = index;
    await content.scrollToItem(index, 'smart');
  }
}

/** Returns the open notebook that contains the cell of a run without a notebook path. */
function pathWithCell(
  tracker: INotebookTracker | null,
  run: IRunRecord
): string | null {
  const id = run.cells[0]?.cell_id;
  const panel = tracker?.find(found =>
    found.content.widgets.some(cell => cell.model.id === id)
  );
  return panel?.context.path ?? null;
}

async function openCell(
  app: JupyterFrontEnd,
  runs: IRuns,
  tracker: INotebookTracker | null,
  id: string,
  trans: TranslationBundle
): Promise<void> {
  const run = await runs.get(id);
  const path = run.source.notebook ?? pathWithCell(tracker, run);
  if (!path) {
    throw new Error(trans.__('Its record does not name a notebook.'));
  }
  await app.commands.execute(OPEN, { path });
  const panel = tracker?.find(found => found.context.path === path);
  if (panel) {
    app.shell.activateById(panel.id);
    await revealCell(panel, run);
  }
}

/** Commands that open notebooks. */
export const notebooksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'hrlab:notebooks',
  description: 'Opens the notebook of a run, and the example.',
  autoStart: true,
  requires: [IRuns],
  optional: [ITranslator, INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    translator: ITranslator | null,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    app.commands.addCommand(CommandIDs.openCell, {
      label: trans.__('Open Notebook at the Cell'),
      caption: trans.__('Open the notebook of this run at its first cell'),
      icon: notebookIcon,
      describedBy: RUN_ARGS,
      execute: async args => {
        const id = runIdOf(app, args);
        if (id) {
          await openCell(app, runs, tracker, id, trans).catch(error =>
            notifyFailure(
              trans.__('Could not open the notebook.'),
              error,
              trans
            )
          );
        }
      }
    });
    app.commands.addCommand(CommandIDs.openExample, {
      label: trans.__('Open the hrlab Example'),
      caption: trans.__('Open a notebook that shows how to time an analysis'),
      icon: notebookIcon,
      describedBy: NO_ARGS,
      execute: async () => {
        try {
          const path = await examplePath(app);
          await app.commands.execute(OPEN, { path });
          const panel = tracker?.find(found => found.context.path === path);
          if (panel) {
            await selectTimedCell(panel);
          }
        } catch (error) {
          notifyFailure(trans.__('Could not open the example.'), error, trans);
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.openExample,
      category: trans.__('hrlab')
    });
  }
};
