import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { InputDialog } from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { fileIcon } from '@jupyterlab/ui-components';
import { IReportQuery, requestReport, Secret, SECRETS } from '../api';
import { CommandIDs } from '../tokens';
import { download } from '../shared/download';
import { describedBy } from '../shared/describe';
import { notifyFailure } from '../shared/notify';
import { runIdOf } from '../shared/target';

const REPORT_ARGS = describedBy({
  id: {
    type: 'string',
    description: 'The id of the run; by default the one under the pointer.'
  },
  ids: { type: 'array', description: 'The ids of several runs, to compare.' },
  by: { type: 'string', description: 'The grouping of the runs.' },
  baseline: { type: 'string', description: 'The baseline group.' },
  over: {
    type: 'string',
    description: 'What efficiency is relative to: threads or workers.'
  }
});

/** Asks what to leave out; null if the user cancels. */
async function askKeepBack(trans: TranslationBundle): Promise<Secret[] | null> {
  const names: Readonly<Record<Secret, string>> = {
    code: trans.__('Code'),
    paths: trans.__('Paths'),
    user: trans.__('User'),
    host: trans.__('Host')
  };
  const { button, value } = await InputDialog.getMultipleItems({
    title: trans.__('Save Report'),
    label: trans.__('Leave out of the report'),
    items: SECRETS.map(secret => names[secret]),
    okLabel: trans.__('Save')
  });
  return button.accept
    ? SECRETS.filter(secret => value?.includes(names[secret]))
    : null;
}

function queryOf(args: Readonly<Record<string, unknown>>): IReportQuery {
  const { by, baseline, over } = args;
  return {
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof baseline === 'string' ? { baseline } : {}),
    ...(typeof over === 'string' ? { over } : {})
  };
}

async function save(
  ids: readonly string[],
  query: IReportQuery,
  app: JupyterFrontEnd,
  trans: TranslationBundle
): Promise<void> {
  const keepBack = await askKeepBack(trans);
  if (keepBack === null) {
    return;
  }
  const settings = app.serviceManager.serverSettings;
  const html = await requestReport(settings, ids, keepBack, query);
  const name = ids.length === 1 ? ids[0].slice(0, 8) : 'comparison';
  download(new Blob([html], { type: 'text/html' }), `hrlab-${name}.html`);
}

/** Saves a run or a comparison as a self-contained page. */
export const reportPlugin: JupyterFrontEndPlugin<void> = {
  id: 'hrlab:report',
  description: 'Saves reports of runs.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    app.commands.addCommand(CommandIDs.saveReport, {
      label: trans.__('Save Report…'),
      caption: trans.__('Save a self-contained page to mail or print'),
      icon: fileIcon, // differs from the arrow of the export command beside it
      describedBy: REPORT_ARGS,
      execute: async args => {
        const id = Array.isArray(args.ids) ? null : runIdOf(app, args);
        const ids = Array.isArray(args.ids) ? args.ids.map(String) : [id ?? ''];
        if (!ids[0]) {
          return;
        }
        try {
          await save(ids, queryOf(args), app, trans);
        } catch (error) {
          notifyFailure(trans.__('Could not save the report.'), error, trans);
        }
      }
    });
  }
};
