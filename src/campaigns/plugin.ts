import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import {
  CampaignService,
  ICampaign,
  ICampaignRequest,
  isCampaignOn
} from '../api';
import { formatCampaign, Campaigns } from './model';
import { CommandIDs } from '../tokens';
import { CampaignForm } from './form';
import { compareIcon } from '../shared/icons';
import { RUN_ARGS } from '../shared/describe';
import { notifyFailure, showWhole } from '../shared/notify';
import { runIdOf } from '../shared/target';

const SHOWN_MS = 20000;

interface IParts {
  readonly app: JupyterFrontEnd;
  readonly campaigns: Campaigns;
  readonly trans: TranslationBundle;
}

/** Opens the comparison of a campaign's runs, grouped as in its report. */
async function compare(id: string, parts: IParts): Promise<void> {
  const { app, campaigns, trans } = parts;
  try {
    const { runIds, compareBy: by, baseline } = await campaigns.get(id);
    await app.commands.execute(CommandIDs.compareRuns, {
      ids: [...runIds],
      by,
      baseline
    });
  } catch (error) {
    notifyFailure(trans.__('Could not compare the runs.'), error, trans);
  }
}

function cancel(id: string, { campaigns, trans }: IParts): void {
  campaigns
    .cancel(id)
    .catch(error =>
      notifyFailure(trans.__('Could not cancel the campaign.'), error, trans)
    );
}

function actionsFor(
  campaign: ICampaign,
  parts: IParts
): Notification.IAction[] {
  const { trans } = parts;
  if (isCampaignOn(campaign)) {
    return [
      {
        label: trans.__('Cancel'),
        caption: trans.__('Cancel the campaign; completed runs are kept'),
        callback: event => {
          event.preventDefault(); // keep the notification until the campaign has ended
          cancel(campaign.id, parts);
        }
      }
    ];
  }
  const comparing =
    campaign.done > 1
      ? [
          {
            label: trans.__('Compare'),
            caption: trans.__('Compare its runs side by side'),
            callback: () => void compare(campaign.id, parts)
          }
        ]
      : [];
  return [
    ...comparing,
    ...showWhole(formatCampaign(campaign, trans), campaign.name, trans)
  ];
}

function typeOf(campaign: ICampaign): Notification.TypeOptions {
  switch (campaign.state) {
    case 'starting':
    case 'running':
      return 'in-progress';
    case 'done':
      return campaign.failed ? 'warning' : 'success';
    case 'interrupted':
    case 'budget':
      return 'info';
    case 'failed':
      return 'error';
  }
}

/** Shows campaigns as notifications with progress, as JupyterLab does for long operations. */
function showProgress(parts: IParts): void {
  const shown = new Map<string, string>();
  parts.campaigns.changed.connect((_, campaign) => {
    const isOn = isCampaignOn(campaign);
    const message = formatCampaign(campaign, parts.trans);
    const type = typeOf(campaign);
    const options = {
      autoClose: isOn || campaign.state === 'failed' ? false : SHOWN_MS,
      actions: actionsFor(campaign, parts),
      ...(isOn && campaign.points
        ? { progress: campaign.done / campaign.points }
        : {})
    } as const;
    const known = shown.get(campaign.id);
    if (known && Notification.manager.has(known)) {
      Notification.update({ id: known, message, type, ...options });
    } else if (!known || !isOn) {
      shown.set(campaign.id, Notification.emit(message, type, options));
    }
    if (!isOn) {
      shown.delete(campaign.id);
    }
  });
}

async function ask(
  id: string,
  { campaigns, trans }: IParts
): Promise<ICampaignRequest | null> {
  const plan = await campaigns.plan({ run: id });
  const body = new CampaignForm(id, plan, one => campaigns.plan(one), trans);
  const { button, value } = await showDialog<ICampaignRequest | null>({
    title: trans.__('Measure Scaling'),
    body,
    focusNodeSelector: 'input',
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Measure') })
    ]
  });
  if (button.accept && !value) {
    throw new Error(trans.__('Enter numbers of workers, for example 1, 2, 4.'));
  }
  return button.accept ? value : null;
}

function addCommand(parts: IParts): void {
  const { app, campaigns, trans } = parts;
  app.commands.addCommand(CommandIDs.measureScaling, {
    label: trans.__('Measure Scaling…'),
    caption: trans.__(
      'Run the notebook of this run on 1, 2, 4, … workers and compare the results'
    ),
    icon: compareIcon,
    describedBy: RUN_ARGS,
    execute: async args => {
      const id = runIdOf(app, args);
      if (!id) {
        return;
      }
      try {
        const request = await ask(id, parts);
        if (request) {
          await campaigns.begin(request);
        }
      } catch (error) {
        notifyFailure(trans.__('Could not measure scaling.'), error, trans);
      }
    }
  });
}

/** Starts campaigns from a run, shows their progress and cancels them. */
export const campaignsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'hrlab:campaigns',
  description: 'Measures how runs scale, and shows the progress of campaigns.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): void => {
    const { serviceManager } = app;
    const trans = (translator ?? nullTranslator).load('hrlab');
    const campaigns = new Campaigns(
      new CampaignService(serviceManager.serverSettings)
    );
    const parts = { app, campaigns, trans };
    addCommand(parts);
    showProgress(parts);
    void app.restored.then(() =>
      campaigns.follow(serviceManager.events.stream)
    );
  }
};
