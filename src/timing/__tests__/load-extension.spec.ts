import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import { settle } from '../../shared/__tests__/fakes';
import { loadInNotebooks } from '../load-extension';

/** A kernel that records what it executes. */
class FakeKernel {
  readonly asked: string[] = [];
  readonly statusChanged = new Signal<this, Kernel.Status>(this);

  constructor(readonly name = 'python3') {}

  requestExecute(content: unknown): unknown {
    this.asked.push(JSON.stringify(content));
    return { done: Promise.resolve({ content: { status: 'ok' } }) };
  }
}

class FakePanel {
  readonly kernelChanged = new Signal<this, void>(this);
  readonly sessionContext: unknown;

  constructor(kernel: FakeKernel) {
    this.sessionContext = {
      session: { kernel },
      kernelChanged: this.kernelChanged,
      specsManager: {
        specs: {
          kernelspecs: {
            python3: { language: 'python' },
            root: { language: 'c++' }
          }
        }
      }
    };
  }
}

/** Tracker of open notebooks; more can be added. */
class FakeTracker {
  readonly widgetAdded = new Signal<this, FakePanel>(this);

  constructor(readonly open: readonly FakePanel[] = []) {}

  forEach(visit: (panel: NotebookPanel) => void): void {
    this.open.forEach(panel => visit(panel as unknown as NotebookPanel));
  }
}

const settings = (isOn: { value: unknown }) =>
  ({
    load: async () => ({
      get: (name: string) => ({
        composite: name === 'loadInNotebooks' ? isOn.value : undefined
      })
    })
  }) as unknown as ISettingRegistry;

const begin = (
  tracker: FakeTracker,
  registry: ISettingRegistry | null
): Promise<void> =>
  loadInNotebooks('plugin', tracker as unknown as INotebookTracker, registry);

describe('loading hrlab in notebooks', () => {
  let kernel: FakeKernel;
  let panel: FakePanel;

  beforeEach(() => {
    kernel = new FakeKernel();
    panel = new FakePanel(kernel);
  });

  it('loads it in open notebooks, and in those opened later', async () => {
    const later = new FakeKernel();
    const tracker = new FakeTracker([panel]);
    await begin(tracker, settings({ value: true }));
    tracker.widgetAdded.emit(new FakePanel(later));
    await settle();
    for (const { asked } of [kernel, later]) {
      expect(asked).toHaveLength(1);
      expect(asked[0]).toContain('hrlab');
    }
  });

  it('loads it without a settings registry', async () => {
    await begin(new FakeTracker([panel]), null);
    expect(kernel.asked).toHaveLength(1);
  });

  it('loads it again after a restart, manual or automatic', async () => {
    await begin(new FakeTracker([panel]), settings({ value: true }));
    panel.kernelChanged.emit();
    expect(kernel.asked).toHaveLength(2);
    kernel.statusChanged.emit('autorestarting');
    kernel.statusChanged.emit('idle');
    expect(kernel.asked).toHaveLength(3);
    kernel.statusChanged.emit('busy');
    kernel.statusChanged.emit('idle');
    expect(kernel.asked).toHaveLength(3);
  });

  it('sends nothing to a kernel of another language', async () => {
    const root = new FakeKernel('root');
    await begin(
      new FakeTracker([new FakePanel(root)]),
      settings({ value: true })
    );
    expect(root.asked).toEqual([]);
  });

  it('sends nothing while the setting is off, and follows it without a reload', async () => {
    const isOn: { value: unknown } = { value: false };
    const tracker = new FakeTracker([panel]);
    await begin(tracker, settings(isOn));
    tracker.widgetAdded.emit(new FakePanel(kernel));
    panel.kernelChanged.emit();
    kernel.statusChanged.emit('autorestarting');
    kernel.statusChanged.emit('idle');
    await settle();
    expect(kernel.asked).toEqual([]);
    isOn.value = true;
    panel.kernelChanged.emit();
    expect(kernel.asked).toHaveLength(1);
  });
});
