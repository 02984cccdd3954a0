import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import type { IChart } from '../api';
import { ChartWidget } from './chart';
import { tableNode, textElement } from './chart-table';

export interface IChartCardOptions {
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
  /** Accessible description of the chart. */
  readonly label: string;
  /** Heading above the chart, if its context does not provide one. */
  readonly title?: string;
  /** Identifies the chart for CSS and tests. */
  readonly name?: string;
}

/** A chart with its title and a collapsible data table; hidden until a chart is set. */
export class ChartCard extends Panel {
  constructor(options: IChartCardOptions) {
    super();
    this._trans = options.trans;
    this.addClass('hrlab-ChartCard');
    if (options.name) {
      this.addClass(`hrlab-mod-${options.name}`);
    }
    this.chart = new ChartWidget(options.rendermime, options.theme);
    this.chart.node.setAttribute('role', 'img');
    this.chart.node.setAttribute('aria-label', options.label);
    if (options.title) {
      this.addWidget(new Widget({ node: textElement('h3', options.title) }));
    }
    this.addWidget(this.chart);
    this._data.addClass('hrlab-ChartCard-data');
    this.addWidget(this._data);
    this._data.hide();
    this.hide();
  }

  /** Inserts a widget between the chart and its data. */
  protected addBelowChart(widget: Widget): void {
    this.insertWidget(this.widgets.indexOf(this._data), widget);
  }

  /** Shows a chart, or hides the card for null. */
  setChart(chart: IChart | null): void {
    this.setHidden(!chart);
    if (chart) {
      this.chart.setSpec(chart.spec);
      this._details.replaceChildren(
        textElement('summary', this._trans.__('Data')),
        tableNode(chart)
      );
      this._data.setHidden(chart.rows.length === 0);
    }
  }

  protected readonly chart: ChartWidget;
  private readonly _trans: TranslationBundle;
  private readonly _details = document.createElement('details');
  private readonly _data = new Widget({ node: this._details });
}
