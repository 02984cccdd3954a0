import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import { CHART_VIEWS, ChartView, IChart } from '../api';
import type { RunModel } from '../model';
import { ChartWidget } from './chart';
import { tableNode, textElement } from './charttable';

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
  }
}

/** One chart with its title and its data. */
class ChartCard extends Panel {
  constructor(
    private readonly _view: ChartView,
    private readonly _options: IChartsOptions
  ) {
    super();
    const { rendermime, theme, trans } = _options;
    this.addClass('hrlab-ChartCard');
    this.addClass(`hrlab-mod-${_view}`);
    this._chart = new ChartWidget(rendermime, theme);
    this._chart.node.setAttribute('role', 'img');
    this._chart.node.setAttribute('aria-label', titleOf(_view, trans));
    this._data.hide();
    this._data.addClass('hrlab-ChartCard-data');
    this.addWidget(
      new Widget({ node: textElement('h3', titleOf(_view, trans)) })
    );
    this.addWidget(this._chart);
    this.addWidget(this._data);
  }

  async refresh(): Promise<void> {
    const { model } = this._options;
    try {
      const chart = await model.runs.chart(model.id, this._view);
      if (!this.isDisposed) {
        this._show(chart);
      }
    } catch {
      if (!this.isDisposed) {
        this.hide(); // the view's head says what is wrong with the run
      }
    }
  }

  private _show(chart: IChart): void {
    this.show();
    this._chart.setSpec(chart.spec);
    const details = this._details;
    details.replaceChildren(
      textElement('summary', this._options.trans.__('Data')),
      tableNode(chart)
    );
    this._data.setHidden(chart.rows.length === 0);
  }

  private readonly _chart: ChartWidget;
  private readonly _details = document.createElement('details');
  private readonly _data = new Widget({ node: this._details });
}

/** The charts of a run, one under the other. */
export class Charts extends Panel {
  constructor(options: IChartsOptions) {
    super();
    this.addClass('hrlab-Charts');
    this._cards = CHART_VIEWS.map(view => new ChartCard(view, options));
    this._cards.forEach(card => this.addWidget(card));
    options.model.changed.connect(this._refresh, this);
  }

  private _refresh(model: RunModel): void {
    const known = model.record !== null && !model.isBorrowed;
    this.setHidden(!known);
    if (known) {
      this._cards.forEach(card => void card.refresh());
    }
  }

  private readonly _cards: readonly ChartCard[];
}
