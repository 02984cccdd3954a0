import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ICluster, isObject } from '../api';
import { CommandIDs } from '../tokens';
import { dashboardIcon } from '../shared/icons';
import type { IClusterCommand } from './commands';
import {
  ANSWER_MS,
  isConnected,
  LAUNCH,
  launcherOf,
  part,
  POPULATE,
  sleep,
  TRY_MS
} from './dask-panes';

const LAYOUT = 'dask:launch-layout';
/** Id prefix of Dask's panes. */
const PANE = 'dask-dashboard-';

const dashboardUrl = (app: JupyterFrontEnd, path: string): string =>
  URLExt.join(app.serviceManager.serverSettings.baseUrl, path) + '/';

function openTab(app: JupyterFrontEnd, path: string): void {
  window.open(dashboardUrl(app, path), '_blank', 'noopener');
}

/** Returns whether Dask's panel shows this dashboard and it responds. */
function shows(launcher: unknown, path: string): boolean {
  const info = part(part(launcher, 'input'), 'urlInfo');
  return (
    isConnected(launcher) && isObject(info) && String(info.url).includes(path)
  );
}

/** Sets the dashboard of Dask's panel and waits until it responds. */
async function populate(
  app: JupyterFrontEnd,
  launcher: unknown,
  path: string
): Promise<boolean> {
  await app.commands.execute(POPULATE, { url: dashboardUrl(app, path) });
  for (let waited = 0; waited < ANSWER_MS; waited += TRY_MS) {
    if (shows(launcher, path)) {
      return true;
    }
    await sleep(TRY_MS);
  }
  return launcher === undefined;
}

/** Opens Dask's default layout unless panes are open; open ones follow the dashboard. */
async function openPanes(
  app: JupyterFrontEnd,
  labShell: ILabShell | null,
  trans: TranslationBundle
): Promise<void> {
  const open = [...app.shell.widgets('main')].find(
    widget => widget.id.startsWith(PANE) && widget.isAttached
  );
  if (open) {
    app.shell.activateById(open.id);
  } else if (labShell?.currentWidget && app.commands.hasCommand(LAYOUT)) {
    await app.commands.execute(LAYOUT);
  } else {
    const label = trans.__('Task Stream');
    const item = { route: 'individual-task-stream', label, key: label };
    await app.commands.execute(LAUNCH, { item });
  }
}

/** Returns the command that opens a cluster's dashboard in Dask's panes, or in a tab without them. */
export function dashboardAction(
  app: JupyterFrontEnd,
  labShell: ILabShell | null,
  trans: TranslationBundle
): IClusterCommand {
  const act = async (
    { dashboard_path: path, name }: ICluster,
    args: Readonly<Record<string, unknown>>
  ) => {
    if (path === null) {
      throw new Error(trans.__('%1 has no dashboard.', name));
    }
    if (args.tab === true || !app.commands.hasCommand(POPULATE)) {
      openTab(app, path);
    } else if (await populate(app, launcherOf(labShell), path)) {
      await openPanes(app, labShell, trans);
    } else {
      throw new Error(
        trans.__('It does not respond. Is %1 still running?', name)
      );
    }
  };
  return {
    id: CommandIDs.openClusterDashboard,
    label: trans.__('Open Cluster Dashboard'),
    caption: trans.__('Open the Dask dashboard of a cluster'),
    icon: dashboardIcon,
    failure: trans.__('Could not open the dashboard.'),
    states: ['ready'],
    act
  };
}
