import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { IDelivery, IRunPage } from '../../api';
import { PanelState, RunList, Snapshot } from '../../model';
import { FakeRuns } from '../../model/__tests__/fakes';
import { RunsSection } from '../section';

type Told = (entries: readonly { readonly isIntersecting: boolean }[]) => void;

/** The observers of the page, told by the tests what is on screen. */
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

/** Answers in the very moment in which the page has drawn that it waits. */
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

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));

/** Wait until the section shows this; the first drawing takes its time. */
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

describe('RunsSection', () => {
  let section: RunsSection;

  beforeAll(() => {
    Object.assign(window, {
      IntersectionObserver: FakeObserver,
      ResizeObserver: FakeObserver
    });
  });

  afterEach(() => section.dispose());

  it('draws an answer that comes before the drawing has taken effect', async () => {
    const runs: FakeRuns = new PromptRuns(() => section.node);
    section = sectionOf(runs);
    Widget.attach(section, document.body);
    await shows(section, '3 runs');
    expect(section.node.textContent).not.toContain('Loading');
    expect(runs.asked).toEqual(['@0']);
  });

  it('asks when it comes on screen, whoever shows it', async () => {
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

  it('asks for nothing once it is hidden', async () => {
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
});
