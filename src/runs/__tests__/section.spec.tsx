import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { IDelivery, IRunPage, readPage } from '../../api';
import { PanelState } from '../../shared/panel-state';
import { RunList } from '../list-model';
import { Snapshot } from '../../shared/snapshot';
import { FakeRuns } from '../../shared/__tests__/fakes';
import { RunsSection } from '../section';

type Told = (entries: readonly { readonly isIntersecting: boolean }[]) => void;

/** The page's observers, notified by the tests. */
const observers: Told[] = [];

class FakeObserver {
  constructor(private readonly _told: Told) {}
  observe(): void {
    observers.push(this._told);
  }
  disconnect(): void {
    observers.length = 0;
  }
}

/** Responds as soon as the page has rendered its loading state. */
class PromptRuns extends FakeRuns {
  constructor(private readonly _node: () => Node) {
    super(3);
  }

  async list(...asked: Parameters<FakeRuns['list']>): Promise<IRunPage> {
    const page = await super.list(...asked);
    await new Promise<void>(drawn => {
      const watch = new MutationObserver(() => {
        watch.disconnect();
        drawn();
      });
      watch.observe(this._node(), { childList: true, subtree: true });
    });
    return page;
  }
}

/** Three runs, one with an invalid date. */
class OddRuns extends FakeRuns {
  constructor(private readonly _startedAt: unknown) {
    super(3);
  }

  async list(): Promise<IRunPage> {
    const item = (id: string, started_at: unknown) => ({
      id,
      name: id,
      status: 'ok',
      started_at
    });
    const runs = [item('odd', this._startedAt), item('a', 1), item('b', 2)];
    return readPage({ runs, total: 3, seq: 1 });
  }
}

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));

/** Waits until the section shows this; the first rendering is asynchronous. */
async function shows(section: RunsSection, text: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (section.node.textContent?.includes(text)) {
      return;
    }
    await pause(30);
  }
  expect(section.node.textContent).toContain(text);
}

function sectionOf(runs: FakeRuns): RunsSection {
  return new RunsSection({
    list: new RunList(runs),
    state: new PanelState(null),
    delivery: new Snapshot<IDelivery | null>(async () => null, runs.changed),
    translator: nullTranslator,
    onOpen: () => undefined,
    onDelete: () => undefined,
    onCompare: () => undefined,
    onExample: () => undefined
  });
}

beforeAll(() => {
  Object.assign(window, {
    IntersectionObserver: FakeObserver,
    ResizeObserver: FakeObserver
  });
});

let section: RunsSection;

afterEach(() => section.dispose());

describe('RunsSection', () => {
  it('renders a response that arrives before the effects of the first rendering', async () => {
    const runs: FakeRuns = new PromptRuns(() => section.node);
    section = sectionOf(runs);
    Widget.attach(section, document.body);
    await shows(section, '3 runs');
    expect(section.node.textContent).not.toContain('Loading');
    expect(runs.asked).toEqual(['@0']);
  });

  it('fetches when it comes on screen, however it is shown', async () => {
    const runs = new FakeRuns(3);
    section = sectionOf(runs);
    section.hide();
    Widget.attach(section, document.body);
    await pause(200);
    expect(runs.asked).toEqual([]);
    observers[0]([{ isIntersecting: true }]);
    await shows(section, '3 runs');
    expect(runs.asked).toEqual(['@0']);
  });

  it('fetches nothing once hidden', async () => {
    const runs = new FakeRuns(3);
    section = sectionOf(runs);
    Widget.attach(section, document.body);
    observers[0]([{ isIntersecting: true }]);
    await shows(section, '3 runs');
    section.hide();
    runs.changed.emit([]);
    await pause(300);
    expect(runs.asked).toHaveLength(1);
  });

  for (const started_at of [1e308, null]) {
    it(`shows a run that started at ${started_at} with a placeholder, and all others`, async () => {
      section = sectionOf(new OddRuns(started_at));
      Object.defineProperty(HTMLElement.prototype, 'clientHeight', {
        configurable: true,
        value: 500
      });
      Widget.attach(section, document.body);
      await shows(section, 'The record of this run is damaged');
      const rows = section.node.querySelectorAll('[data-hrlab-run]');
      expect(rows).toHaveLength(3);
      const broken = section.node.querySelectorAll('.hrlab-mod-broken');
      expect(broken).toHaveLength(1);
      expect(broken[0].getAttribute('data-hrlab-run')).toBe('odd');
    });
  }
});

describe('The storage warning', () => {
  it('is shown until dismissed', async () => {
    const runs = new FakeRuns(3);
    runs.storageWarning = 'Runs are kept in memory only (tmpfs).';
    section = sectionOf(runs);
    Widget.attach(section, document.body);
    observers[0]([{ isIntersecting: true }]);
    await shows(section, '3 runs');
    expect(section.node.textContent).toContain(runs.storageWarning);
    section.node
      .querySelector<HTMLElement>('[title="Don’t show this again"]')
      ?.click();
    while (section.node.textContent?.includes('tmpfs')) {
      await pause(30); // until it is gone, or the test times out
    }
    expect(section.node.textContent).toContain('3 runs');
  });

  it('is absent if runs are kept', async () => {
    section = sectionOf(new FakeRuns(3));
    Widget.attach(section, document.body);
    observers[0]([{ isIntersecting: true }]);
    await shows(section, '3 runs');
    expect(section.node.querySelector('.hrlab-Trouble')).toBeNull();
  });
});
