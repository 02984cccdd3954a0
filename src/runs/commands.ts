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
import { CommandIDs, IRuns } from '../tokens';
import { askLabels } from './ask-labels';
import { askText } from './ask-text';
import { downloadJSON } from '../shared/download';
import { labelIcon } from '../shared/icons';
import { RUN_ARGS, RUNS_ARGS } from '../shared/describe';
import { notifyFailure } from '../shared/notify';
import { runIdOf, runIdsOf } from '../shared/target';

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
  const title = trans.__('Labels of %1', run.name);
  const labels = await askLabels(title, run.labels, trans);
  if (labels) {
    await runs.patch(id, { labels });
  }
};

const note: Action = async (id, { runs, trans }) => {
  const run = await runs.get(id);
  const text = await askText(
    trans.__('Note for %1', run.name),
    run.note,
    trans
  );
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

/** Announces a deletion with an Undo button. */
function offerUndo(text: string, ids: readonly string[], parts: IParts): void {
  const { runs, trans } = parts;
  const undo = async () => {
    const failures = await failuresOf(ids, id => runs.restore(id));
    if (failures.length > 0) {
      const what = trans._n(
        'Could not restore the run.',
        'Could not restore %1 runs.',
        failures.length
      );
      notifyFailure(what, failures[0], trans);
    }
  };
  Notification.info(text, {
    autoClose: UNDO_MS,
    actions: [
      {
        label: trans.__('Undo'),
        caption: trans._n('Restore the run', 'Restore the runs', ids.length),
        callback: () => void undo()
      }
    ]
  });
}

/** Runs an action for each run in turn; collects failures without stopping. */
async function failuresOf(
  ids: readonly string[],
  action: (id: string) => Promise<void>
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const id of ids) {
    await action(id).catch(error => failures.push(error));
  }
  return failures;
}

const remove: Action = async (id, parts) => {
  const { runs, trans } = parts;
  const name = await runs.get(id).then(
    run => run.name,
    () => id.slice(0, 8) // a run with a damaged record can still be deleted
  );
  await runs.remove(id);
  offerUndo(trans.__('Deleted “%1”.', name), [id], parts);
};

async function removeAll(ids: readonly string[], parts: IParts): Promise<void> {
  const { runs, trans } = parts;
  const deleted: string[] = [];
  const failures = await failuresOf(ids, async id => {
    await runs.remove(id);
    deleted.push(id);
  });
  if (deleted.length > 0) {
    const text = trans._n('Deleted 1 run.', 'Deleted %1 runs.', deleted.length);
    offerUndo(text, deleted, parts);
  }
  if (failures.length > 0) {
    const what = trans._n(
      'Could not delete the run.',
      'Could not delete %1 runs.',
      failures.length
    );
    notifyFailure(what, failures[0], trans);
  }
}

/** Returns the options of a command on a run that reports failures as notifications. */
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
    caption: trans.__('Change the name of this run'),
    icon: editIcon,
    ...command(parts, trans.__('Could not rename the run.'), rename)
  });
  app.commands.addCommand(CommandIDs.labelRun, {
    label: trans.__('Label Run…'),
    caption: trans.__('Set the labels of this run'),
    icon: labelIcon,
    ...command(parts, trans.__('Could not save the labels.'), label)
  });
  app.commands.addCommand(CommandIDs.noteRun, {
    label: trans.__('Edit Note…'),
    caption: trans.__('Add a note to this run, or edit it'),
    icon: editIcon,
    ...command(parts, trans.__('Could not save the note.'), note)
  });
  addDeleting(parts);
}

/** Adds the command that deletes a run, or the whole selection if it contains the run. */
function addDeleting(parts: IParts): void {
  const { app, trans } = parts;
  const single = command(
    parts,
    trans.__('Could not delete the run.'),
    remove
  ).execute;
  app.commands.addCommand(CommandIDs.deleteRun, {
    label: args => {
      const count = runIdsOf(parts.app, args).length;
      return count > 1
        ? trans.__('Delete %1 Runs', String(count))
        : trans.__('Delete Run');
    },
    caption: trans.__(
      'Delete this run, or the whole selection if it is selected; can be undone for 10 seconds'
    ),
    icon: deleteIcon,
    describedBy: RUNS_ARGS,
    execute: args => {
      const ids = runIdsOf(parts.app, args);
      return ids.length > 1
        ? removeAll(ids, parts)
        : single({ ...args, id: ids[0] });
    }
  });
}

function addCopying(parts: IParts): void {
  const { app, trans } = parts;
  app.commands.addCommand(CommandIDs.copyRun, {
    label: trans.__('Copy Run as JSON'),
    caption: trans.__('Copy the complete record of this run'),
    icon: copyIcon,
    ...command(parts, trans.__('Could not copy the run.'), copy)
  });
  app.commands.addCommand(CommandIDs.exportRun, {
    label: trans.__('Export Run as JSON'),
    caption: trans.__('Download the complete record of this run as a file'),
    icon: downloadIcon,
    ...command(parts, trans.__('Could not export the run.'), exportFile)
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
