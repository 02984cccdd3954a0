import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { loadExtension } from './execute-metadata';

const SETTING = 'loadInNotebooks';
/** Loads hrlab silently; the stopwatch reports if it is missing when needed. */
function load(kernel: Kernel.IKernelConnection): void {
  void loadExtension(kernel).catch(() => undefined);
}

/** Reloads after a kernel died and restarted by itself; the session signals all other restarts. */
function followDeaths(
  kernel: Kernel.IKernelConnection,
  isWanted: () => boolean
): void {
  let isGone = false;
  kernel.statusChanged.connect((_, status) => {
    if (status === 'autorestarting') {
      isGone = true;
    } else if (isGone && (status === 'starting' || status === 'idle')) {
      isGone = false;
      if (isWanted()) {
        load(kernel);
      }
    }
  });
}

function isPython({ sessionContext }: NotebookPanel, kernel: string): boolean {
  const spec = sessionContext.specsManager.specs?.kernelspecs[kernel];
  return spec?.language.toLowerCase() === 'python';
}

/**
 * Loads hrlab into the Python kernels of notebooks, so that `%%hrtime` works;
 * does nothing where hrlab is not installed.
 */
export async function loadInNotebooks(
  plugin: string,
  tracker: INotebookTracker,
  registry: ISettingRegistry | null
): Promise<void> {
  const settings = await registry?.load(plugin);
  const isWanted = () => settings?.get(SETTING).composite !== false;
  const known = new WeakSet<Kernel.IKernelConnection>();
  const watch = (panel: NotebookPanel) => {
    // Also emitted after a kernel restart, before any cell is sent to it.
    const follow = () => {
      const kernel = panel.sessionContext.session?.kernel;
      if (!kernel || !isPython(panel, kernel.name)) {
        return;
      }
      if (!known.has(kernel)) {
        known.add(kernel);
        followDeaths(kernel, isWanted);
      }
      if (isWanted()) {
        load(kernel);
      }
    };
    panel.sessionContext.kernelChanged.connect(follow);
    follow();
  };
  tracker.forEach(watch);
  tracker.widgetAdded.connect((_, panel) => watch(panel));
}
