import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import React from 'react';
import type { IChart, IComparedGroup, IComparison } from '../api';
import {
  chartAsCsv,
  ComparisonModel,
  formatCount,
  formatDuration,
  formatShare
} from '../model';
import { ChartCard } from './chartcard';
import { download } from './download';
import { useSignals } from './hooks';
import { pngBlob, svgBlob, svgOf } from './picture';

interface IPartProps {
  readonly model: ComparisonModel;
  readonly trans: TranslationBundle;
}

interface IFoundProps extends IPartProps {
  readonly found: IComparison;
}

const GROUPINGS = ['approach', 'threads', 'workers', 'run'];

function groupingName(by: string, trans: TranslationBundle): string {
  switch (by) {
    case 'approach':
      return trans.__('approach');
    case 'threads':
      return trans.__('threads');
    case 'workers':
      return trans.__('workers');
    case 'run':
      return trans.__('single runs');
    default:
      return by.replace(/^(label|workload):/, '');
  }
}

function Choices({ model, found, trans }: IFoundProps): JSX.Element {
  const groupings = [...new Set([found.by, ...GROUPINGS])];
  const keys = new Map(found.groups.map(group => [group.key, group.label]));
  return (
    <div className="hrlab-Compare-choices">
      <label>
        {trans.__('Grouped by')}{' '}
        <HTMLSelect
          value={found.by}
          onChange={event => void model.groupBy(event.target.value)}
        >
          {groupings.map(by => (
            <option key={by} value={by}>
              {groupingName(by, trans)}
            </option>
          ))}
        </HTMLSelect>
      </label>
      <label>
        {trans.__('Baseline')}{' '}
        <HTMLSelect
          value={found.baseline}
          onChange={event => void model.setBaseline(event.target.value)}
        >
          {[...keys].map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </HTMLSelect>
      </label>
    </div>
  );
}

function wallText(group: IComparedGroup): string {
  const wall = formatDuration(group.wallSeconds);
  return group.runs.length > 1
    ? `${wall} (${formatDuration(group.lowSeconds)} – ${formatDuration(group.highSeconds)})`
    : wall;
}

/** Whole seconds from 100 on, as such tables are published. */
function secondsText(seconds: number): string {
  return `${seconds < 100 ? ratioText(seconds) : Math.round(seconds)} s`;
}

function ratioText(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(3)));
}

/** One row for each group, or for each group and amount of work. */
function GroupsTable({ found, trans }: IFoundProps): JSX.Element {
  const amount = found.amount;
  return (
    <table className="hrlab-Table">
      <thead>
        <tr>
          <th>{groupingName(found.by, trans)}</th>
          {amount ? <th>{amount}</th> : null}
          <th>{trans.__('Runs')}</th>
          <th>{trans.__('Wall time (median)')}</th>
          <th>{trans.__('Threads')}</th>
          <th>{trans.__('Speed-up')}</th>
          <th>{trans.__('Efficiency')}</th>
        </tr>
      </thead>
      <tbody>
        {found.groups.map((group, index) => (
          <tr key={index}>
            <td>{group.label}</td>
            {amount ? (
              <td className="hrlab-mod-number">{formatCount(group.amount)}</td>
            ) : null}
            <td className="hrlab-mod-number">
              {formatCount(group.runs.length)}
              {group.cold.length
                ? trans.__(' + %1 cold', formatCount(group.cold.length))
                : ''}
            </td>
            <td className="hrlab-mod-number">{wallText(group)}</td>
            <td className="hrlab-mod-number">{formatCount(group.threads)}</td>
            <td className="hrlab-mod-number">{ratioText(group.speedUp)}</td>
            <td className="hrlab-mod-number">
              {group.efficiency === null ? '–' : formatShare(group.efficiency)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The published form: amounts of work down, groups across. */
function CrossTable({ found }: IFoundProps): JSX.Element | null {
  const keys = [...new Map(found.groups.map(g => [g.key, g.label]))];
  const amounts = [...new Set(found.groups.map(group => group.amount))];
  if (!found.amount || keys.length < 2 || amounts.length < 2) {
    return null;
  }
  const cell = (key: string, amount: number | null) =>
    found.groups.find(group => group.key === key && group.amount === amount);
  return (
    <table className="hrlab-Table hrlab-Compare-cross">
      <thead>
        <tr>
          <th>{found.amount}</th>
          {keys.map(([key, label]) => (
            <th key={key}>{label}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {amounts.map(amount => (
          <tr key={String(amount)}>
            <th scope="row">{formatCount(amount)}</th>
            {keys.map(([key]) => {
              const group = cell(key, amount);
              return (
                <td key={key} className="hrlab-mod-number">
                  {group ? secondsText(group.wallSeconds) : '–'}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Head({ model, trans }: IPartProps): JSX.Element {
  useSignals(model.changed);
  const { comparison: found, error } = model;
  if (error) {
    return (
      <p role="status" className="hrlab-Sizing-error">
        {error}
      </p>
    );
  }
  if (!found) {
    return <p role="status">{trans.__('Loading…')}</p>;
  }
  const parts = { model, found, trans };
  return (
    <>
      <h1 className="hrlab-Compare-headline">{found.headline}</h1>
      <Choices {...parts} />
      {found.notes.length ? (
        <ul className="hrlab-Warnings" aria-label={trans.__('Notes')}>
          {found.notes.map((note, index) => (
            <li key={index}>{note}</li>
          ))}
        </ul>
      ) : null}
      <CrossTable {...parts} />
      <GroupsTable {...parts} />
    </>
  );
}

function chartTitle(name: string, trans: TranslationBundle): string {
  switch (name) {
    case 'time':
      return trans.__('Wall time');
    case 'speed-up':
      return trans.__('Speed-up');
    case 'efficiency':
      return trans.__('Efficiency');
    case 'work':
      return trans.__('Time against work');
    default:
      return name;
  }
}

export interface ICompareViewOptions {
  readonly model: ComparisonModel;
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
  readonly onTrouble: (error: unknown) => void;
}

/** One picture with its data, and ways to take it along. */
class PictureCard extends ChartCard {
  constructor(
    private readonly _name: string,
    private readonly _picture: IChart,
    private readonly _options: ICompareViewOptions
  ) {
    const title = chartTitle(_name, _options.trans);
    super({ ..._options, title, label: title, name: _name });
    this.addBelowChart(ReactWidget.create(this._buttons(title)));
    this.setChart(_picture);
  }

  private _buttons(title: string): JSX.Element {
    const { trans, onTrouble } = this._options;
    const kinds = ['PNG', 'SVG', 'CSV'] as const;
    return (
      <div className="hrlab-Compare-export" role="group">
        {kinds.map(kind => (
          <button
            key={kind}
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            title={trans.__('Download “%1” as %2', title, kind)}
            onClick={() => void this._download(kind).catch(onTrouble)}
          >
            {kind}
          </button>
        ))}
      </div>
    );
  }

  private async _download(kind: 'PNG' | 'SVG' | 'CSV'): Promise<void> {
    const name = `comparison-${this._name}.${kind.toLowerCase()}`;
    if (kind === 'CSV') {
      const text = chartAsCsv(this._picture);
      download(new Blob([text], { type: 'text/csv' }), name);
      return;
    }
    const svg = svgOf(this.chart.node);
    if (!svg) {
      throw new Error(this._options.trans.__('It is not drawn yet.'));
    }
    download(kind === 'SVG' ? svgBlob(svg) : await pngBlob(svg), name);
  }
}

/** Runs beside each other: the answer in a sentence, tables, pictures. */
export class CompareView extends Panel {
  constructor(private readonly _options: ICompareViewOptions) {
    super();
    const { model, trans } = _options;
    this.addClass('hrlab-RunView');
    this.addClass('hrlab-CompareView');
    this.node.tabIndex = -1;
    this.addWidget(ReactWidget.create(<Head model={model} trans={trans} />));
    this._pictures.addClass('hrlab-Charts');
    this.addWidget(this._pictures);
    model.changed.connect(this._draw, this);
  }

  get model(): ComparisonModel {
    return this._options.model;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.model.dispose();
      super.dispose();
    }
  }

  protected onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.focus();
  }

  private _draw(model: ComparisonModel): void {
    for (const old of [...this._pictures.widgets]) {
      old.dispose();
    }
    for (const [name, chart] of model.comparison?.charts ?? []) {
      this._pictures.addWidget(new PictureCard(name, chart, this._options));
    }
  }

  private readonly _pictures = new Panel();
}
