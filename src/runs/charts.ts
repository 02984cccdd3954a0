import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel } from '@lumino/widgets';
import { CHART_VIEWS, ChartView } from '../api';
import { HostsModel } from './hosts-model';
import { RunModel } from './model';
import { ChartCard } from '../shared/chart-card';
import { HostCharts } from './host-charts';

export interface IChartsOptions {
  readonly model: RunModel;
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
}

function titleOf(view: ChartView, trans: TranslationBundle): string {
  switch (view) {
    case 'timeline':
      return trans.__('Phases over time');
    case 'phases':
      return trans.__('Phases');
    case 'workers':
      return trans.__('Workers over time');
    case 'cpu':
      return trans.__('Busy cores over time');
    case 'memory':
      return trans.__('Memory over time');
    case 'network':
      return trans.__('Network over time');
    case 'disk':
      return trans.__('Disk over time');
  }
}

/** One chart of a run. */
class RunChart extends ChartCard {
  constructor(
    private readonly _view: ChartView,
    private readonly _options: IChartsOptions
  ) {
    const title = titleOf(_view, _options.trans);
    super({ ..._options, title, label: title, name: _view });
    this.show(); // reserve its place while it loads
  }

  async refresh(): Promise<void> {
    const { model } = this._options;
    // On failure, the header of the view shows the run's error.
    const chart = await model.runs
      .chart(model.id, this._view)
      .catch(() => null);
    if (!this.isDisposed) {
      // A chart without rows stays hidden, for example hardware use that was not sampled.
      this.setChart(chart && chart.rows.length > 0 ? chart : null);
    }
  }
}

/** The charts of a run, stacked vertically. */
export class Charts extends Panel {
  constructor(options: IChartsOptions) {
    super();
    this.addClass('hrlab-Charts');
    this._cards = CHART_VIEWS.map(view => new RunChart(view, options));
    this._cards.forEach(card => this.addWidget(card));
    this._hosts = new HostsModel(options.model.runs, options.model.id);
    this.addWidget(new HostCharts({ ...options, hosts: this._hosts }));
    options.model.changed.connect(this._refresh, this);
  }

  private _refresh(model: RunModel): void {
    const known = model.record !== null && !model.isBorrowed;
    this.setHidden(!known);
    if (known) {
      void this._fetch(model.record?.status !== 'running');
    }
  }

  private async _fetch(hasEnded: boolean): Promise<void> {
    await Promise.all(this._cards.map(card => card.refresh()));
    // The site's database may be slow, so hrlab's own charts load first.
    if (hasEnded && !this.isDisposed) {
      await this._hosts.ask();
    }
  }

  private readonly _cards: readonly RunChart[];
  private readonly _hosts: HostsModel;
}
