import {
  Clipboard,
  Dialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import {
  INotebookTracker,
  NotebookActions,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { codeIcon } from '@jupyterlab/ui-components';
import { ICluster } from '../api';
import { clientCode, connectKernel, hasHrlab, IConnected } from './client-code';
import { CommandIDs } from '../tokens';
import { connectIcon } from '../shared/icons';
import type { IClusterCommand } from './commands';
import { notifyWarning } from '../shared/notify';

/** Timeout for asking a kernel whether it has hrlab; a busy one does not reply. */
const ANSWER_MS = 700;
const DONE_MS = 8000;

const pause = (ms: number) =>
  new Promise<null>(resolve => window.setTimeout(() => resolve(null), ms));

/** Generates client code; caches which kernels have hrlab. */
export class ClientCode {
  constructor(private readonly _tracker: INotebookTracker | null) {}

  get panel(): NotebookPanel | null {
    return this._tracker?.currentWidget ?? null;
  }

  get kernel(): Kernel.IKernelConnection | null {
    return this.panel?.sessionContext.session?.kernel ?? null;
  }

  /** Returns code for the active notebook from cached information. */
  now(cluster: ICluster): string {
    const known = this.kernel ? this._known.get(this.kernel.id) : undefined;
    return clientCode(cluster, known ?? true);
  }

  /** Returns code for the active notebook, asking its kernel if it is idle. */
  async ask(cluster: ICluster): Promise<string> {
    await this.learn();
    return this.now(cluster);
  }

  /** Asks the active notebook's kernel whether it has hrlab. */
  async learn(): Promise<void> {
    const { kernel } = this;
    if (kernel && kernel.status === 'idle' && !this._known.has(kernel.id)) {
      const asked = hasHrlab(kernel).catch(() => null);
      const answer = await Promise.race([asked, pause(ANSWER_MS)]);
      if (answer !== null) {
        this._known.set(kernel.id, answer);
      }
    }
  }

  private readonly _known = new Map<string, boolean>();
}

/** Inserts a cell above the current one, as dask-labextension does. */
async function insert(
  cluster: ICluster,
  code: ClientCode,
  trans: TranslationBundle
): Promise<void> {
  const source = await code.ask(cluster);
  const notebook = code.panel?.content;
  if (!notebook?.model) {
    Clipboard.copyToSystem(source);
    Notification.info(
      trans.__('No notebook is open, so the code was copied instead.'),
      { autoClose: DONE_MS }
    );
    return;
  }
  NotebookActions.insertAbove(notebook);
  notebook.activeCell?.model.sharedModel.setSource(source);
}

function formatConnected(
  cluster: ICluster,
  answer: IConnected,
  trans: TranslationBundle
): string {
  const { variable } = answer;
  if (answer.already) {
    return trans.__(
      'This notebook is already connected to %1 as `%2`.',
      cluster.name,
      variable
    );
  }
  return answer.taken
    ? trans.__(
        'Connected to %1 as `%2` because `client` is already in use.',
        cluster.name,
        variable
      )
    : trans.__('Connected to %1 as `%2`.', cluster.name, variable);
}

/** Returns whether to connect; another user's cluster requires the user's consent. */
async function isWanted(
  cluster: ICluster,
  trans: TranslationBundle
): Promise<boolean> {
  if (cluster.mine) {
    return true;
  }
  const { button } = await showDialog({
    title: trans.__('Connect to %1?', cluster.name),
    body: trans.__(
      '%1 (%2) is not one of your clusters. Connecting runs code sent by its scheduler in your notebook’s kernel, with your credentials, and its owner can read what you send. Connect only if you trust its owner.',
      cluster.name,
      cluster.id
    ),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Connect') })
    ],
    defaultButton: 0
  });
  return button.accept;
}

/** Binds a client in the active notebook's kernel and reports its name. */
async function connect(
  cluster: ICluster,
  code: ClientCode,
  trans: TranslationBundle
): Promise<void> {
  const { kernel } = code;
  if (!kernel) {
    throw new Error(trans.__('Open a notebook with a running kernel first.'));
  }
  const { language_info } = await kernel.info;
  if (language_info.name !== 'python') {
    throw new Error(
      trans.__('Its kernel runs %1, not Python.', language_info.name)
    );
  }
  if (!(await isWanted(cluster, trans))) {
    return;
  }
  const id = Notification.emit(
    kernel.status === 'idle'
      ? trans.__('Connecting to %1…', cluster.name)
      : trans.__(
          'Connecting to %1 as soon as the kernel is idle…',
          cluster.name
        ),
    'in-progress',
    { autoClose: false }
  );
  try {
    const answer = await connectKernel(kernel, cluster);
    Notification.update({
      id,
      type: 'success',
      message: formatConnected(cluster, answer, trans),
      autoClose: DONE_MS
    });
    for (const warning of answer.warnings) {
      notifyWarning(warning, trans);
    }
  } catch (error) {
    Notification.dismiss(id);
    throw error;
  }
}

/** Returns the commands that connect a notebook to a cluster. */
export function clientActions(
  code: ClientCode,
  trans: TranslationBundle
): readonly IClusterCommand[] {
  return [
    {
      id: CommandIDs.connectCluster,
      label: trans.__('Connect Notebook to Cluster'),
      caption: trans.__('Create a client in the kernel of the active notebook'),
      icon: connectIcon,
      failure: trans.__('Could not connect the notebook.'),
      states: ['ready'],
      act: cluster => connect(cluster, code, trans)
    },
    {
      id: CommandIDs.insertClient,
      label: trans.__('Insert Client Code'),
      caption: trans.__(
        'Insert a cell above with code that connects to a cluster'
      ),
      icon: codeIcon,
      failure: trans.__('Could not insert the code.'),
      states: ['starting', 'ready'],
      act: cluster => insert(cluster, code, trans)
    }
  ];
}
