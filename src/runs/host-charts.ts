import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import type { IHostChart } from '../api';
import { HostsModel } from './hosts-model';
import { ChartCard } from '../shared/chart-card';
import { textElement } from '../shared/chart-table';

export interface IHostChartsOptions {
  readonly hosts: HostsModel;
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
}

/**
 * Charts of a run's hosts from the site's metrics database, or why there are
 * none; empty if the site has no such database.
 */
export class HostCharts extends Panel {
  constructor(private readonly _options: IHostChartsOptions) {
    super();
    const { hosts, trans } = _options;
    this.addClass('hrlab-HostCharts');
    this._again.className =
      'jp-Button jp-mod-styled jp-mod-minimal hrlab-Button';
    this._again.textContent = trans.__('Try again');
    this._again.onclick = () => void hosts.ask();
    this._failure.node.setAttribute('role', 'status');
    this._failure.node.append(this._reason, ' ', this._again);
    this._failure.addClass('hrlab-HostCharts-failure');
    this._note.addClass('hrlab-HostCharts-note');
    for (const part of [this._head, this._failure, this._charts, this._note]) {
      this.addWidget(part);
    }
    this.hide();
    hosts.changed.connect(this._show, this);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._options.hosts.dispose();
      super.dispose();
    }
  }

  private _show(): void {
    const { hosts, trans } = this._options;
    const found = hosts.hosts;
    this._again.disabled = hosts.isBusy;
    if (hosts.isBusy) {
      return; // keep the current content until the response arrives
    }
    const source = found?.source ?? null;
    this._head.node.textContent = source
      ? trans.__('Hosts, from %1', source)
      : trans.__('Hosts');
    this._reason.textContent = hosts.error;
    this._failure.setHidden(!hosts.error);
    this._note.node.textContent = found?.note ?? '';
    this._note.setHidden(!found?.note);
    this._draw(found?.charts ?? []);
    this.setHidden(!source && !hosts.error);
  }

  /** Redraws charts in place. */
  private _draw(charts: readonly IHostChart[]): void {
    const titles = charts.map(chart => chart.title);
    for (const [title, card] of [...this._cards]) {
      if (!titles.includes(title)) {
        this._cards.delete(title);
        card.dispose();
      }
    }
    for (const chart of charts) {
      const card = this._cards.get(chart.title) ?? this._newCard(chart.title);
      card.setChart(chart);
    }
  }

  private _newCard(title: string): ChartCard {
    const card = new ChartCard({
      ...this._options,
      label: this._options.trans.__('%1 of the hosts', title),
      name: 'hosts'
    });
    this._cards.set(title, card);
    this._charts.addWidget(card);
    return card;
  }

  private readonly _head = new Widget({ node: document.createElement('h3') });
  private readonly _failure = new Widget();
  private readonly _reason = textElement('span', '');
  private readonly _again = document.createElement('button');
  private readonly _charts = new Panel();
  private readonly _note = new Widget();
  private readonly _cards = new Map<string, ChartCard>();
}
