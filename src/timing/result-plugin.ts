import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { IRunRecord, RUN_MIME } from '../api';
import { Dismissed } from '../runs/dismissed';
import { WantedAdvice } from '../runs/advice-settings';
import { CommandIDs, ILiveRuns } from '../tokens';
import { IResultOptions, ResultWidget } from './result';

const PLUGIN = 'hrlab:result';
const RANK = 0; // before HTML, which every record also contains

/** Returns the change against the usual time of the same code, for runs of this page. */
function changeOf(record: IRunRecord, live: ILiveRuns): number | null {
  const usual = live.get(record.id)?.start.usual_seconds;
  return usual ? record.wall_seconds / usual - 1 : null;
}

function optionsFor(
  app: JupyterFrontEnd,
  live: ILiveRuns,
  dismissed: Dismissed,
  wanted: WantedAdvice,
  trans: TranslationBundle
): Omit<IResultOptions, 'mimeType'> {
  return {
    trans,
    onOpen: record =>
      void app.commands.execute(CommandIDs.openRun, {
        id: record.id,
        record: record.raw
      }),
    changeOf: record => changeOf(record, live),
    wanted,
    isDismissed: (record, advice) =>
      !wanted.isShown || dismissed.has(record.id, advice.code),
    onDismiss: (record, advice) => dismissed.add(record.id, advice.code),
    onShown: record => live.announceShown(record.id)
  };
}

/** Renders a run's record under its cell. */
export const resultPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Renders the record of a run under its cell.',
  autoStart: true,
  requires: [IRenderMimeRegistry, ILiveRuns],
  optional: [ITranslator, IStateDB, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    live: ILiveRuns,
    translator: ITranslator | null,
    stateDB: IStateDB | null,
    registry: ISettingRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    const dismissed = new Dismissed(stateDB);
    void dismissed.load();
    const wanted = new WantedAdvice(registry);
    const options = optionsFor(app, live, dismissed, wanted, trans);
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [RUN_MIME],
        createRenderer: ({ mimeType }) =>
          new ResultWidget({ ...options, mimeType })
      },
      RANK
    );
  }
};
