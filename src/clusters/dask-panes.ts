import {
  ILabShell,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { isObject } from '../api';
import { CommandIDs } from '../tokens';
import { hrlabIcon } from '../shared/icons';
import { describedBy } from '../shared/describe';

export const LAUNCH = 'dask:launch-dashboard';
export const POPULATE = 'dask:populate-dashboard-url';
const LAUNCHER = 'dask-dashboard-launcher';
const WARNING_MS = 10000;
/** Timeout for dask-labextension's dashboard check. */
export const ANSWER_MS = 4000;
export const TRY_MS = 200;
/** Timeout for asking the active kernel for its dashboard. */
const KERNEL_MS = 2000;

const PANE_ARGS = describedBy({
  route: { type: 'string', description: 'The route of the pane in Dask.' },
  label: { type: 'string', description: 'The title of the pane.' }
});

/** Returns a property of an untyped object, if present. */
export function part(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Reflect.get(value, name)
    : undefined;
}

/** Returns the launcher in Dask's panel, if present (its plugin has no token). */
export function launcherOf(labShell: ILabShell | null): unknown {
  for (const widget of labShell?.widgets('left') ?? []) {
    if (widget.id === LAUNCHER) {
      return part(widget, 'dashboardLauncher');
    }
  }
  return undefined;
}

/** Returns whether Dask's panel is connected to a dashboard that responds. */
export function isConnected(launcher: unknown): boolean {
  const info = part(part(launcher, 'input'), 'urlInfo');
  return isObject(info) && info.isActive === true;
}

const routeName = (route: unknown) =>
  String(route)
    .replace(/^\//, '')
    .replace(/^individual-/, '');

interface IPane {
  readonly [name: string]: string;
}

/** Returns Dask's own description of a pane, which is active only under its route. */
function paneFor(launcher: unknown, route: string, label: string): IPane {
  const items = part(launcher, 'items');
  const known = (Array.isArray(items) ? items : []).find(
    item => isObject(item) && routeName(item.route) === routeName(route)
  );
  return {
    route: isObject(known) ? String(known.route) : route,
    label,
    key: label
  };
}

export const sleep = (ms: number) =>
  new Promise<void>(resolve => window.setTimeout(resolve, ms));

/** Asks the active kernel for its dashboard; a busy one does not reply. */
async function askKernel(app: JupyterFrontEnd): Promise<boolean> {
  try {
    const asked: Promise<unknown> = app.commands.execute(POPULATE, {});
    return Boolean(await Promise.race([asked, sleep(KERNEL_MS)]));
  } catch {
    return false; // no kernel, or no client in it
  }
}

/** Connects Dask's panel to the kernel's dashboard, or keeps the current one. */
async function connect(
  app: JupyterFrontEnd,
  launcher: unknown
): Promise<boolean> {
  if (!(await askKernel(app))) {
    return isConnected(launcher);
  }
  for (let waited = 0; waited < ANSWER_MS; waited += TRY_MS) {
    if (isConnected(launcher)) {
      return true;
    }
    await sleep(TRY_MS);
  }
  return launcher === undefined;
}

/** Opens Dask's own panes if dask-labextension is installed. */
export const daskPlugin: JupyterFrontEndPlugin<void> = {
  id: 'hrlab:dask',
  description: 'Opens Dask’s dashboard panes from a run.',
  autoStart: true,
  optional: [ITranslator, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    labShell: ILabShell | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    app.commands.addCommand(CommandIDs.openDashboard, {
      label: trans.__('Open Dask Dashboard Pane'),
      caption: trans.__('Open a pane of the Dask dashboard'),
      icon: hrlabIcon,
      describedBy: PANE_ARGS,
      isVisible: () => app.commands.hasCommand(LAUNCH),
      execute: async args => {
        const route = String(args.route ?? 'individual-task-stream');
        const label = String(args.label ?? trans.__('Task Stream'));
        const launcher = launcherOf(labShell);
        if (await connect(app, launcher)) {
          const item = paneFor(launcher, route, label);
          await app.commands.execute(LAUNCH, { item });
        } else {
          Notification.warning(
            trans.__(
              'No Dask dashboard responds. Open the notebook whose kernel uses the cluster, or enter the address in Dask’s panel.'
            ),
            { autoClose: WARNING_MS }
          );
        }
      }
    });
  }
};
