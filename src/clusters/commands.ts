import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Clipboard,
  Dialog,
  InputDialog,
  MainAreaWidget,
  Notification,
  showDialog,
  ToolbarButton
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  closeIcon,
  copyIcon,
  LabIcon,
  refreshIcon
} from '@jupyterlab/ui-components';
import { ClusterState, ICluster } from '../api';
import { ClusterDrafts } from './drafts';
import { ClusterList } from './model';
import { formatLoss } from './text';
import { CommandIDs, IClusters, ISections } from '../tokens';
import { ClusterLogsView } from './logs';
import { CLUSTERS_SECTION } from './section';
import { clockIcon, hrlabIcon, logsIcon, scaleIcon } from '../shared/icons';
import { CLUSTER_ARGS } from '../shared/describe';
import { notifyFailure } from '../shared/notify';
import { clusterIdOf } from '../shared/target';

const COPIED_MS = 3000;
const EXTENDED_MS = 5000;

/** Dependencies of the cluster commands. */
export interface IClusterParts {
  readonly app: JupyterFrontEnd;
  readonly clusters: IClusters;
  readonly list: ClusterList;
  readonly drafts: ClusterDrafts;
  readonly sections: ISections;
  readonly onShow: (id: string) => void;
  readonly trans: TranslationBundle;
}

export interface IClusterCommand {
  readonly id: string;
  readonly label: string;
  readonly caption: string;
  readonly icon: LabIcon;
  readonly failure: string;
  /** Cluster states in which the command is available. */
  readonly states: readonly ClusterState[];
  readonly act: (
    cluster: ICluster,
    args: Readonly<Record<string, unknown>>
  ) => Promise<void>;
}

/** Returns the only cluster, or asks the user to choose one of several. */
async function choose(
  parts: IClusterParts,
  { label, states }: IClusterCommand
): Promise<ICluster | null> {
  const { clusters, list, trans } = parts;
  const known = list.isLoaded
    ? list.items.map(item => item.cluster)
    : (await clusters.list()).clusters;
  const found = known.filter(
    cluster => cluster.mine && states.includes(cluster.state)
  );
  if (found.length === 0) {
    throw new Error(trans.__('No cluster is available for this.'));
  }
  if (found.length === 1) {
    return found[0];
  }
  const names = found.map(cluster => cluster.name);
  const unique = names.map((name, index) =>
    names.indexOf(name) === names.lastIndexOf(name)
      ? name
      : `${name} (${found[index].id})`
  );
  const { button, value } = await InputDialog.getItem({
    title: label,
    label: trans.__('Cluster'),
    items: unique
  });
  return button.accept ? (found[unique.indexOf(value ?? '')] ?? null) : null;
}

/** Adds a command on a cluster that reports failures as notifications. */
export function addClusterCommand(
  parts: IClusterParts,
  command: IClusterCommand
): void {
  const { app, list, trans } = parts;
  const { label, caption, icon, states } = command;
  const under = (args: Readonly<Record<string, unknown>>) => {
    const id = clusterIdOf(app, args);
    return id === null ? null : list.find(id);
  };
  app.commands.addCommand(command.id, {
    label: args => (args.tab ? trans.__('%1 in Browser Tab', label) : label),
    caption,
    icon,
    describedBy: CLUSTER_ARGS,
    isVisible: args => {
      const item = under(args);
      return !item || states.includes(item.cluster.state);
    },
    execute: async args => {
      try {
        const id = clusterIdOf(app, args);
        const cluster =
          id === null
            ? await choose(parts, command)
            : (list.find(id)?.cluster ?? (await parts.clusters.get(id)));
        if (cluster) {
          await command.act(cluster, args);
        }
      } catch (error) {
        notifyFailure(command.failure, error, trans);
      }
    }
  });
}

async function close(parts: IClusterParts, known: ICluster): Promise<void> {
  const { list, trans } = parts;
  const cluster =
    known.state === 'ready' ? ((await list.newest(known.id)) ?? known) : known;
  const loss = formatLoss(cluster, trans);
  if (loss) {
    const { button } = await showDialog({
      title: trans.__('Close %1?', cluster.name),
      body: trans.__('%1 Closing it discards them.', loss),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Keep Cluster') }),
        Dialog.warnButton({ label: trans.__('Close Cluster') })
      ]
    });
    if (!button.accept) {
      return;
    }
  }
  await list.remove(cluster.id);
}

function openLogs(parts: IClusterParts, cluster: ICluster): void {
  const { app, clusters, trans } = parts;
  const id = `hrlab-cluster-logs-${cluster.id}`;
  const open = [...app.shell.widgets('main')].find(found => found.id === id);
  if (open) {
    app.shell.activateById(id);
    return;
  }
  const content = new ClusterLogsView({
    read: () => clusters.logs(cluster.id),
    trans
  });
  const widget = new MainAreaWidget({ content });
  widget.id = id;
  widget.title.label = trans.__('Logs of %1', cluster.name);
  widget.title.caption = widget.title.label;
  widget.title.icon = logsIcon;
  widget.title.closable = true;
  widget.toolbar.addItem(
    'refresh',
    new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__('Reload the logs'),
      onClick: () => void content.refresh()
    })
  );
  app.shell.add(widget, 'main');
  app.shell.activateById(id);
}

function copyAddress(cluster: ICluster, trans: TranslationBundle): void {
  if (cluster.scheduler_address === null) {
    throw new Error(trans.__('%1 has no address yet.', cluster.name));
  }
  Clipboard.copyToSystem(cluster.scheduler_address);
  Notification.info(trans.__('Copied %1.', cluster.scheduler_address), {
    autoClose: COPIED_MS
  });
}

/** Returns the commands that inspect a cluster. */
function lookingActions(parts: IClusterParts): readonly IClusterCommand[] {
  const { trans } = parts;
  return [
    {
      id: CommandIDs.showCluster,
      label: trans.__('Show Cluster'),
      caption: trans.__('Show a cluster in the side panel'),
      icon: hrlabIcon,
      failure: trans.__('Could not show the cluster.'),
      states: ['starting', 'ready', 'closing', 'failed', 'unreachable'],
      act: async cluster => parts.onShow(cluster.id)
    },
    {
      id: CommandIDs.openClusterLogs,
      label: trans.__('Show Cluster Logs'),
      caption: trans.__('Show the logs of scheduler and workers'),
      icon: logsIcon,
      failure: trans.__('Could not open the logs.'),
      states: ['starting', 'ready', 'closing', 'failed', 'unreachable'],
      act: async cluster => openLogs(parts, cluster)
    },
    {
      id: CommandIDs.copyClusterAddress,
      label: trans.__('Copy Cluster Address'),
      caption: trans.__('Copy the address of the scheduler'),
      icon: copyIcon,
      failure: trans.__('Could not copy the address.'),
      states: ['ready', 'unreachable'],
      act: async cluster => copyAddress(cluster, trans)
    }
  ];
}

/** Returns the commands that close, scale, extend and inspect a cluster. */
export function clusterActions(
  parts: IClusterParts
): readonly IClusterCommand[] {
  const { drafts, list, sections, trans } = parts;
  return [
    {
      id: CommandIDs.scaleCluster,
      label: trans.__('Scale Cluster…'),
      caption: trans.__('Change the number of workers of a cluster'),
      icon: scaleIcon,
      failure: trans.__('Could not scale the cluster.'),
      states: ['ready'],
      act: async cluster => {
        sections.reveal(CLUSTERS_SECTION);
        drafts.scale(cluster.id);
      }
    },
    {
      id: CommandIDs.extendCluster,
      label: trans.__('Reset Idle Timeout of Cluster'),
      caption: trans.__('Reset the idle timeout'),
      icon: clockIcon,
      failure: trans.__('Could not reset the idle timeout.'),
      states: ['ready'],
      act: async cluster => {
        await list.patch(cluster.id, { extend: true });
        Notification.info(trans.__('Idle timeout of %1 reset.', cluster.name), {
          autoClose: EXTENDED_MS
        });
      }
    },
    ...lookingActions(parts),
    {
      id: CommandIDs.closeCluster,
      label: trans.__('Close Cluster'),
      caption: trans.__('Close a cluster, cancel its start, or dismiss it'),
      icon: closeIcon,
      failure: trans.__('Could not close the cluster.'),
      states: ['starting', 'ready', 'failed', 'unreachable'],
      act: cluster => close(parts, cluster)
    }
  ];
}
