import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { CodeCell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Kernel, KernelMessage } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import type { PartialJSONObject } from '@lumino/coreutils';
import { PanelLayout } from '@lumino/widgets';
import {
  IProgress,
  isObject,
  PROGRESS_TARGET,
  readProgress,
  readProgressEnd,
  readProgressStart,
  RUN_MIME
} from '../api';
import { saveRecord } from './save-record';
import { ILiveRuns, IRuns } from '../tokens';
import { ProgressLine } from './progress';

const PLUGIN = 'hrlab:progress';
/** How long the line waits for the result that replaces it. */
const RESULT_MS = 1500;

interface IParts {
  readonly runs: IRuns;
  readonly live: ILiveRuns;
  readonly tracker: INotebookTracker;
  readonly trans: TranslationBundle;
  readonly lines: Lines;
}

/** Returns the running cell: by id, or else the only one that begins with its code. */
function cellOf(
  panel: NotebookPanel,
  { cell_id, code }: Pick<IProgress, 'cell_id' | 'code'>
): CodeCell | null {
  const found = panel.content.widgets.filter(({ model }) =>
    cell_id === null && code !== null
      ? model.sharedModel.getSource().slice(0, code.length) === code
      : model.id === cell_id
  );
  return found.length === 1 && found[0] instanceof CodeCell ? found[0] : null;
}

/** Returns the record of a run from a cell's output. */
function recordIn(cell: CodeCell, id: string): PartialJSONObject | null {
  const { outputs } = cell.model;
  for (let i = 0; i < outputs.length; i++) {
    const data: unknown = outputs.get(i).data[RUN_MIME];
    if (isObject(data) && data.id === id) {
      return data as PartialJSONObject;
    }
  }
  return null;
}

/** Progress lines under running cells, at most one per run. */
class Lines {
  constructor(
    private readonly _live: ILiveRuns,
    private readonly _trans: TranslationBundle
  ) {
    _live.shown.connect((_, id) => this.remove(id));
  }

  enabled = true;

  show(panel: NotebookPanel, cell: CodeCell, id: string): void {
    const shown = this._lines.get(id);
    if (!this.enabled || cell.isDisposed || shown?.parent === cell) {
      return;
    }
    this.remove(id);
    const layout = cell.layout as PanelLayout | null;
    const output =
      layout?.widgets.findIndex(child =>
        child.hasClass('jp-Cell-outputWrapper')
      ) ?? -1;
    if (!layout || output < 0) {
      return; // a cell that was never on screen has no content yet: retry on the next update
    }
    const line = new ProgressLine({
      id,
      live: this._live,
      trans: this._trans,
      onStop: () => {
        void panel.sessionContext.session?.kernel?.interrupt();
      }
    });
    layout.insertWidget(output + 1, line);
    this._lines.set(id, line);
  }

  remove(id: string): void {
    this._lines.get(id)?.dispose();
    this._lines.delete(id);
  }

  private readonly _lines = new Map<string, ProgressLine>();
}

/** Follows a run from its first message to its end. */
function followRun(
  panel: NotebookPanel,
  comm: Kernel.IComm,
  opened: unknown,
  parts: IParts
): void {
  const { live, lines } = parts;
  const start = readProgressStart(opened);
  const id = start.run_id;
  live.start(start);
  const show = (place: Pick<IProgress, 'cell_id' | 'code'>) => {
    const cell = cellOf(panel, place);
    if (cell) {
      lines.show(panel, cell, id);
    }
  };
  const goOn = (data: unknown) => {
    const progress = readProgress(data);
    live.advance(progress);
    show(progress);
  };
  show(start);
  comm.onMsg = message => goOn(message.content.data);
  comm.onClose = message => {
    const end = readProgressEnd({ run_id: id, ...message.content.data });
    live.finish(end);
    window.setTimeout(() => lines.remove(id), RESULT_MS);
    void saveIfMissing(panel, id, parts);
  };
}

/** Saves a run that ended in this page if the server lacks it. */
async function saveIfMissing(
  panel: NotebookPanel,
  id: string,
  { runs }: IParts
): Promise<void> {
  const find = () => {
    const cells = panel.isDisposed ? [] : panel.content.widgets;
    for (const cell of cells) {
      const record = cell instanceof CodeCell ? recordIn(cell, id) : null;
      if (record) {
        return record;
      }
    }
    return null;
  };
  try {
    await saveRecord(runs, id, find);
  } catch {
    // The record is in the notebook, and the panel shows that the server is unreachable.
  }
}

/** Forgets the runs of a kernel that restarted or died. */
function forgetRuns(started: Set<string>, parts: IParts): void {
  for (const id of started) {
    parts.lines.remove(id);
    parts.live.forget(id);
  }
  started.clear();
}

const GONE: readonly string[] = ['restarting', 'autorestarting', 'dead'];

/**
 * Joins runs that started before this page was reloaded: a busy kernel cannot
 * be asked, but keeps sending progress.
 */
function joinRuns(
  kernel: Kernel.IKernelConnection,
  follow: (comm: () => Kernel.IComm, data: unknown) => void
): void {
  kernel.iopubMessage.connect((_, message) => {
    if (!kernel.handleComms || !KernelMessage.isCommMsgMsg(message)) {
      return;
    }
    const { comm_id, data } = message.content;
    if (comm_id.startsWith(`${PROGRESS_TARGET}:`) && !kernel.hasComm(comm_id)) {
      follow(() => kernel.createComm(PROGRESS_TARGET, comm_id), data);
    }
  });
}

function followKernel(kernel: Kernel.IKernelConnection, parts: IParts): void {
  const started = new Set<string>();
  const follow = (comm: () => Kernel.IComm, data: unknown) => {
    const panel = parts.tracker.find(
      found => found.sessionContext.session?.kernel === kernel
    );
    if (panel && isObject(data)) {
      followRun(panel, comm(), data, parts);
      started.add(String(data.run_id));
    }
  };
  kernel.registerCommTarget(PROGRESS_TARGET, (comm, message) =>
    follow(() => comm, message.content.data)
  );
  joinRuns(kernel, follow);
  kernel.statusChanged.connect((_, status) => {
    if (GONE.includes(status)) {
      forgetRuns(started, parts);
    }
  });
  kernel.disposed.connect(() => forgetRuns(started, parts));
}

function followPanels(parts: IParts): void {
  const known = new WeakSet<Kernel.IKernelConnection>();
  const follow = (kernel: Kernel.IKernelConnection | null | undefined) => {
    if (kernel && !known.has(kernel)) {
      known.add(kernel);
      followKernel(kernel, parts);
    }
  };
  const watch = ({ sessionContext }: NotebookPanel) => {
    follow(sessionContext.session?.kernel);
    sessionContext.kernelChanged.connect((_, change) =>
      follow(change.newValue)
    );
  };
  parts.tracker.forEach(watch);
  parts.tracker.widgetAdded.connect((_, panel) => watch(panel));
}

async function followSettings(
  registry: ISettingRegistry | null,
  lines: Lines
): Promise<void> {
  const settings = await registry?.load(PLUGIN);
  const read = () => {
    lines.enabled = settings?.get('showLine').composite !== false;
  };
  settings?.changed.connect(read);
  read();
}

/** Shows the progress line under a cell and saves the record if the server lacks it. */
export const progressPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Shows the progress of a run under its cell.',
  autoStart: true,
  requires: [IRuns, ILiveRuns, INotebookTracker],
  optional: [ITranslator, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    live: ILiveRuns,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    registry: ISettingRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    const lines = new Lines(live, trans);
    followPanels({ runs, live, tracker, trans, lines });
    void followSettings(registry, lines).catch(() => undefined);
  }
};
