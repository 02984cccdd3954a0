import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, InputDialog, Notification } from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import {
  copyIcon,
  deleteIcon,
  downloadIcon,
  editIcon
} from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { labelsFromText, labelsToText } from '../model';
import { CommandIDs, IRuns } from '../tokens';
import { askText, downloadJSON, labelIcon } from '../widgets';
import { RUN_ARGS } from './describe';
import { notifyFailure } from './notify';
import { runIdOf } from './target';

const UNDO_MS = 10000;

interface IParts {
  readonly app: JupyterFrontEnd;
  readonly runs: IRuns;
  readonly trans: TranslationBundle;
}

type Action = (id: string, parts: IParts) => Promise<void>;

const rename: Action = async (id, { runs, trans }) => {
  const run = await runs.get(id);
  const { button, value } = await InputDialog.getText({
    title: trans.__('Rename Run'),
    label: trans.__('Name'),
    text: run.name,
    okLabel: trans.__('Rename')
  });
  if (button.accept && value?.trim()) {
    await runs.patch(id, { name: value.trim() });
  }
};

const label: Action = async (id, { runs, trans }) => {
  const run = await runs.get(id);
  const { button, value } = await InputDialog.getText({
    title: trans.__('Labels of %1', run.name),
    label: trans.__('Labels as name=value, separated by commas'),
    text: labelsToText(run.labels),
    placeholder: trans.__('detector=IDEA, slot=booked'),
    okLabel: trans.__('Save')
  });
  if (button.accept) {
    await runs.patch(id, { labels: labelsFromText(value ?? '') });
  }
};

const note: Action = async (id, { runs, trans }) => {
  const run = await runs.get(id);
  const text = await askText(trans.__('Note on %1', run.name), run.note, trans);
  if (text !== null) {
    await runs.patch(id, { note: text });
  }
};

const copy: Action = async (id, { runs, trans }) => {
  const run = await runs.get(id);
  Clipboard.copyToSystem(JSON.stringify(run.raw, null, 2));
  Notification.info(trans.__('Copied “%1” as JSON.', run.name), {
    autoClose: 3000
  });
};

const exportFile: Action = async (id, { runs }) => {
  const run = await runs.get(id);
  downloadJSON(run.raw, `${run.name}-${run.id.slice(0, 8)}.json`);
};

const remove: Action = async (id, { runs, trans }) => {
  const run = await runs.get(id);
  await runs.remove(id);
  Notification.info(trans.__('Deleted “%1”.', run.name), {
    autoClose: UNDO_MS,
    actions: [
      {
        label: trans.__('Undo'),
        caption: trans.__('Bring the run back'),
        callback: () => {
          runs
            .restore(id)
            .catch(error =>
              notifyFailure(
                trans.__('The run did not come back.'),
                error,
                trans
              )
            );
        }
      }
    ]
  });
};

/** Run an action on the run of a command; a failure becomes a notification. */
function command(
  parts: IParts,
  failure: string,
  action: Action
): Pick<CommandRegistry.ICommandOptions, 'describedBy' | 'execute'> {
  return {
    describedBy: RUN_ARGS,
    execute: async args => {
      const id = runIdOf(parts.app, args);
      if (!id) {
        return;
      }
      try {
        await action(id, parts);
      } catch (error) {
        notifyFailure(failure, error, parts.trans);
      }
    }
  };
}

function addEditing(parts: IParts): void {
  const { app, trans } = parts;
  app.commands.addCommand(CommandIDs.renameRun, {
    label: trans.__('Rename Run…'),
    caption: trans.__('Give this run another name'),
    icon: editIcon,
    ...command(parts, trans.__('The run was not renamed.'), rename)
  });
  app.commands.addCommand(CommandIDs.labelRun, {
    label: trans.__('Label Run…'),
    caption: trans.__('Set the labels of this run'),
    icon: labelIcon,
    ...command(parts, trans.__('The labels were not saved.'), label)
  });
  app.commands.addCommand(CommandIDs.noteRun, {
    label: trans.__('Note on Run…'),
    caption: trans.__('Write down what is worth knowing about this run'),
    icon: editIcon,
    ...command(parts, trans.__('The note was not saved.'), note)
  });
  app.commands.addCommand(CommandIDs.deleteRun, {
    label: trans.__('Delete Run'),
    caption: trans.__('Delete this run; it can be undone for 10 seconds'),
    icon: deleteIcon,
    ...command(parts, trans.__('The run was not deleted.'), remove)
  });
}

function addCopying(parts: IParts): void {
  const { app, trans } = parts;
  app.commands.addCommand(CommandIDs.copyRun, {
    label: trans.__('Copy Run as JSON'),
    caption: trans.__('Copy the whole record of this run'),
    icon: copyIcon,
    ...command(parts, trans.__('The run was not copied.'), copy)
  });
  app.commands.addCommand(CommandIDs.exportRun, {
    label: trans.__('Export Run as JSON'),
    caption: trans.__('Download the whole record of this run as a file'),
    icon: downloadIcon,
    ...command(parts, trans.__('The run was not exported.'), exportFile)
  });
}

/** The commands that act on one run. */
export const runActionsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'hrlab:run-actions',
  description: 'Commands that rename, label, copy and delete runs.',
  autoStart: true,
  requires: [IRuns],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    const parts = { app, runs, trans };
    addEditing(parts);
    addCopying(parts);
  }
};
