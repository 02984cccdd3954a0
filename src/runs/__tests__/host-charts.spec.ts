import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { ApiError, IHosts, readHosts } from '../../api';
import { HostsModel } from '../hosts-model';
import { FakeRuns, settle } from '../../shared/__tests__/fakes';
import { HostCharts } from '../host-charts';

const chart = (title: string) => ({
  title,
  spec: { mark: 'line' },
  table: {
    columns: [{ name: 'value', label: 'value', unit: 'cores' }],
    rows: [[1]]
  }
});

const answer = (...titles: string[]): IHosts =>
  readHosts({
    source: 'Prometheus at h:9090',
    note: 'All activity on node1, by any user.',
    charts: titles.map(chart)
  });

/** Returns the given answers in turn; an error is thrown. */
class HostRuns extends FakeRuns {
  constructor(private readonly _answers: (IHosts | Error)[]) {
    super(0);
  }

  async hosts(): Promise<IHosts> {
    this.asked.push('hosts');
    const next = this._answers.shift();
    if (!next || next instanceof Error) {
      throw next ?? new Error('asked too often');
    }
    return next;
  }
}

function viewOf(...answers: (IHosts | Error)[]) {
  const runs = new HostRuns(answers);
  const hosts = new HostsModel(runs, 'a');
  const view = new HostCharts({
    hosts,
    rendermime: {} as IRenderMimeRegistry,
    theme: null,
    trans: nullTranslator.load('hrlab')
  });
  return { runs, hosts, view, text: () => view.node.textContent ?? '' };
}

const AWAY = new ApiError(502, 'backend', 'Prometheus is away.', '');
const shown = (widget: Widget) => !widget.isHidden;

describe('charts of the hosts of a run', () => {
  it('are empty if the site has no database', async () => {
    const { hosts, view } = viewOf(readHosts({ source: null }));
    expect(shown(view)).toBe(false);
    await hosts.ask();
    expect(shown(view)).toBe(false);
  });

  it('name their source, and have their data as a table', async () => {
    const { hosts, view, text } = viewOf(answer('Processor', 'Memory'));
    await hosts.ask();
    expect(shown(view)).toBe(true);
    expect(view.node.querySelector('h3')?.textContent).toBe(
      'Hosts, from Prometheus at h:9090'
    );
    const images = view.node.querySelectorAll('[role="img"]');
    expect([...images].map(one => one.getAttribute('aria-label'))).toEqual([
      'Processor of the hosts',
      'Memory of the hosts'
    ]);
    expect(view.node.querySelectorAll('table')).toHaveLength(2);
    expect(text()).toContain('by any user');
  });

  it('are a message while the database is unreachable, and appear after a retry', async () => {
    const { hosts, runs, view, text } = viewOf(AWAY, answer('Processor'));
    await hosts.ask();
    expect(text()).toContain('Prometheus is away.');
    const button = view.node.querySelector('button');
    button?.click();
    expect(button?.disabled).toBe(true);
    await settle();
    expect(runs.asked).toEqual(['hosts', 'hosts']);
    expect(text()).not.toContain('away');
    expect(view.node.querySelectorAll('[role="img"]')).toHaveLength(1);
  });

  it('are empty if hrlab’s own server is unreachable or older', async () => {
    const { hosts, view } = viewOf(
      new Error('network'),
      new ApiError(404, 'not-found', 'There is no hosts.', '')
    );
    await hosts.ask();
    expect(shown(view)).toBe(false);
    await hosts.ask();
    expect(shown(view)).toBe(false);
  });

  it('drop removed charts, and keep the others in place', async () => {
    const { hosts, view } = viewOf(answer('A', 'B'), answer('B', 'C'));
    await hosts.ask();
    const kept = view.node.querySelector('[aria-label="B of the hosts"]');
    await hosts.ask();
    const images = [...view.node.querySelectorAll('[role="img"]')];
    expect(images.map(one => one.getAttribute('aria-label'))).toEqual([
      'B of the hosts',
      'C of the hosts'
    ]);
    expect(images[0]).toBe(kept);
  });

  it('ignore a response that is outdated or comes after disposal', async () => {
    const { hosts, view } = viewOf(answer('A'), answer('B'));
    const both = [hosts.ask(), hosts.ask()];
    await Promise.all(both);
    expect(view.node.querySelector('[aria-label="A of the hosts"]')).toBeNull();
    view.dispose();
    view.dispose();
    expect(view.isDisposed).toBe(true);
  });
});
