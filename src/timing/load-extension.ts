import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { loadExtension } from './execute-metadata';

const SETTING = 'loadInNotebooks';
/** Says nothing: the stop watch does, if hrlab is missing where it is needed. */
function load(kernel: Kernel.IKernelConnection): void {
  void loadExtension(kernel).catch(() => undefined);
}

/** A kernel that died comes back by itself; the session tells of all other restarts. */
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
 * Load hrlab into the Python kernels of notebooks, so that `%%hrtime` is there;
 * where it is not installed nothing happens.
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
    // Also told when a kernel has restarted, before any cell is sent to it.
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
