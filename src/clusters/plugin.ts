import {
  ILabShell,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { addIcon, MenuSvg, settingsIcon } from '@jupyterlab/ui-components';
import type { Menu } from '@lumino/widgets';
import { IClusterRequest, readValues } from '../api';
import { ClusterChoices } from './saved-choices';
import { ClusterDrafts } from './drafts';
import { ClusterList } from './model';
import { FormAdvice } from './advice-model';
import { QuotaList } from '../quotas/model';
import { CommandIDs, IClusters, IQuotas, IRuns, ISections } from '../tokens';
import { dragCode } from './drag';
import { IKernelChoice } from './form';
import { CLUSTERS_SECTION, ClustersSection } from './section';
import { addClusterCommand, clusterActions, IClusterParts } from './commands';
import { clientActions, ClientCode } from './connect-commands';
import { dashboardAction } from './dashboard-command';
import { NEW_CLUSTER_ARGS, PROFILE_ARGS } from '../shared/describe';
import { notifyFailure } from '../shared/notify';

const PLUGIN = 'hrlab:clusters';
const RANK = 100;
const LONGEST_REASON = 60;

interface IParts extends IClusterParts {
  readonly code: ClientCode;
  readonly quotas: QuotaList;
  readonly translator: ITranslator;
}

/** Returns the kernels whose Python a local cluster can run. */
function pythonKernels(app: JupyterFrontEnd): readonly IKernelChoice[] {
  const specs = app.serviceManager.kernelspecs.specs?.kernelspecs ?? {};
  return Object.values(specs).flatMap(spec =>
    spec?.language === 'python'
      ? [{ name: spec.name, label: spec.display_name }]
      : []
  );
}

/** Adds the active notebook's kernel to a request without one. */
function withKernel(
  request: IClusterRequest,
  { app, code, list }: Pick<IParts, 'app' | 'code' | 'list'>
): IClusterRequest {
  const name = code.kernel?.name;
  const isPython = pythonKernels(app).some(kernel => kernel.name === name);
  return request.kernel || list.profile(request.profile)?.kind !== 'process'
    ? request
    : { ...request, ...(name && isPython ? { kernel: name } : {}) };
}

/** Starts a profile with its defaults; without a name, the last one used. */
async function start(profile: string | null, parts: IParts): Promise<void> {
  const { list } = parts;
  await list.ready();
  const name = profile ?? list.favourite?.name;
  if (name) {
    await list.start(withKernel({ profile: name, options: {} }, parts));
  }
}

function menuOf(parts: IParts): Menu {
  const { app, list, trans } = parts;
  const menu = new MenuSvg({ commands: app.commands });
  const options = new MenuSvg({ commands: app.commands });
  options.title.label = trans.__('Options…');
  options.title.icon = settingsIcon;
  const { profiles, broken } = list.profiles ?? { profiles: [], broken: [] };
  for (const { name, label } of profiles) {
    menu.addItem({
      command: CommandIDs.startCluster,
      args: { profile: name, label }
    });
    options.addItem({
      command: CommandIDs.newCluster,
      args: { profile: name, label }
    });
  }
  menu.addItem({ type: 'separator' });
  menu.addItem({ type: 'submenu', submenu: options });
  for (const { name, reason } of broken) {
    const said =
      reason.length > LONGEST_REASON
        ? `${reason.slice(0, LONGEST_REASON)}…`
        : reason;
    menu.addItem({
      command: CommandIDs.newCluster,
      args: { profile: name, label: `${name}: ${said}` }
    });
  }
  return menu;
}

async function showMenu(below: HTMLElement, parts: IParts): Promise<void> {
  const { list, trans } = parts;
  try {
    await list.ready();
  } catch (error) {
    notifyFailure(trans.__('Could not list the profiles.'), error, trans);
    return;
  }
  const menu = menuOf(parts);
  const box = below.getBoundingClientRect();
  menu.aboutToClose.connect(() => {
    below.focus();
    window.setTimeout(() => menu.dispose(), 0); // after the selected command has run
  });
  menu.open(box.left, box.bottom);
  menu.activateNextItem();
}

function makeSection(parts: IParts): ClustersSection {
  const { app, code, drafts, list, quotas, translator, trans } = parts;
  const failed = (what: string) => (error: unknown) =>
    notifyFailure(what, error, trans);
  return new ClustersSection({
    list,
    drafts,
    quotas,
    translator,
    kernels: () => pythonKernels(app),
    execute: (command, id) => void app.commands.execute(command, { id }),
    onStart: profile =>
      void app.commands.execute(CommandIDs.startCluster, { profile }),
    onMenu: below => void showMenu(below, parts),
    onRetry: id => {
      list
        .retry(id)
        .catch(failed(trans.__('Could not dismiss the failed cluster.')));
    },
    onEdit: ({ cluster, request }) => {
      const { profile } = cluster;
      drafts
        .open(profile, request ?? undefined)
        .catch(failed(trans.__('Could not open the options.')));
    },
    onScale: id => drafts.scale(id),
    onResize: (id, size) =>
      list.patch(id, size).then(
        () => '',
        error => (error instanceof Error ? error.message : String(error))
      ),
    onPress: (event, cluster, card) => {
      if (event.button === 0 && cluster.mine && cluster.state === 'ready') {
        void code.learn();
        dragCode(event, card, () => code.now(cluster));
      }
    }
  });
}

/** Opens the form, with the recommendation for a run if one is given. */
function openForm(
  args: Readonly<Record<string, unknown>>,
  drafts: ClusterDrafts
): Promise<void> {
  const profile = profileOf(args);
  return typeof args.run === 'string'
    ? drafts.openFor(args.run, profile, readValues(args.options))
    : drafts.open(profile);
}

const profileOf = (args: Readonly<Record<string, unknown>>) =>
  typeof args.profile === 'string' ? args.profile : null;

function addCreation(parts: IParts): void {
  const { app, drafts, sections, trans } = parts;
  app.commands.addCommand(CommandIDs.newCluster, {
    label: args =>
      typeof args.label === 'string' ? args.label : trans.__('New Cluster…'),
    caption: trans.__('Choose the options of a new cluster'),
    icon: args => (args.label ? undefined : settingsIcon),
    describedBy: NEW_CLUSTER_ARGS,
    execute: async args => {
      sections.reveal(CLUSTERS_SECTION);
      await openForm(args, drafts).catch(error =>
        notifyFailure(trans.__('Could not open the options.'), error, trans)
      );
    }
  });
  app.commands.addCommand(CommandIDs.startCluster, {
    label: args =>
      typeof args.label === 'string' ? args.label : trans.__('Start Cluster'),
    caption: trans.__('Start a cluster with the defaults of its profile'),
    icon: addIcon,
    describedBy: PROFILE_ARGS,
    execute: async args => {
      sections.reveal(CLUSTERS_SECTION);
      await start(profileOf(args), parts).catch(error =>
        notifyFailure(trans.__('Could not start the cluster.'), error, trans)
      );
    }
  });
}

/** Hides Dask's own cluster list according to the setting. */
async function followSettings(registry: ISettingRegistry): Promise<void> {
  const settings = await registry.load(PLUGIN);
  const apply = () => {
    const hide = settings.get('hideDaskClusters').composite === true;
    document.body.classList.toggle('hrlab-mod-hideDaskClusters', hide);
  };
  settings.changed.connect(apply);
  apply();
}

function addCommands(parts: IParts, labShell: ILabShell | null): void {
  const { app, code, trans } = parts;
  addCreation(parts);
  for (const command of [
    ...clientActions(code, trans),
    dashboardAction(app, labShell, trans),
    ...clusterActions(parts)
  ]) {
    addClusterCommand(parts, command);
  }
}

const IN_PALETTE = [
  CommandIDs.newCluster,
  CommandIDs.startCluster,
  CommandIDs.connectCluster,
  CommandIDs.insertClient,
  CommandIDs.openClusterDashboard,
  CommandIDs.scaleCluster,
  CommandIDs.extendCluster,
  CommandIDs.openClusterLogs,
  CommandIDs.showCluster,
  CommandIDs.copyClusterAddress,
  CommandIDs.closeCluster
];

/** The clusters section of the side panel, and the commands on clusters. */
export const clustersPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'The clusters in the side panel, and the commands on them.',
  autoStart: true,
  requires: [IClusters, ISections, IQuotas, IRuns],
  optional: [
    ITranslator,
    IStateDB,
    INotebookTracker,
    ICommandPalette,
    ISettingRegistry,
    ILabShell
  ],
  activate: (
    app: JupyterFrontEnd,
    clusters: IClusters,
    sections: ISections,
    limits: IQuotas,
    runs: IRuns,
    found: ITranslator | null,
    stateDB: IStateDB | null,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null,
    settings: ISettingRegistry | null,
    labShell: ILabShell | null
  ): void => {
    const translator = found ?? nullTranslator;
    const trans = translator.load('hrlab');
    const choices = new ClusterChoices(stateDB);
    const list = new ClusterList(clusters, choices);
    const code = new ClientCode(tracker);
    const drafts = new ClusterDrafts(
      clusters,
      list,
      trans,
      request => withKernel(request, { app, code, list }),
      (form, run) =>
        new FormAdvice(runs, form, run, code.panel?.context.path ?? null)
    );
    const base = { app, clusters, list, drafts, sections, trans };
    const quotas = new QuotaList(limits);
    const onShow = (id: string) => {
      sections.reveal(CLUSTERS_SECTION);
      section.showCard(id);
    };
    const parts = { ...base, code, quotas, translator, onShow };
    const section = makeSection(parts);
    addCommands(parts, labShell);
    sections.add(section, RANK);
    sections.refreshed.connect(() => {
      list.refreshAll();
      quotas.refresh();
    });
    for (const command of IN_PALETTE) {
      palette?.addItem({ command, category: trans.__('hrlab') });
    }
    void choices.load();
    if (settings) {
      void followSettings(settings);
    }
  }
};
