import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import React from 'react';
import { ComparisonModel } from './model';
import { chartTitle } from './text';
import { Choices } from './choices';
import { DifferenceTables, GroupsTable, PublishedTable } from './tables';
import { useSignals } from '../shared/hooks';
import { PictureCard } from './picture-card';

export interface ICompareViewOptions {
  readonly model: ComparisonModel;
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
  readonly onTrouble: (error: unknown) => void;
}

function Notes(props: {
  readonly notes: readonly string[];
  readonly label: string;
  readonly differs?: boolean;
}): JSX.Element | null {
  return props.notes.length ? (
    <ul
      className={
        props.differs
          ? 'hrlab-Warnings hrlab-Compare-differs'
          : 'hrlab-Warnings'
      }
      aria-label={props.label}
    >
      {props.notes.map(note => (
        <li key={note}>
          {props.differs ? <span aria-hidden="true">{'\u26a0 '}</span> : null}
          {note}
        </li>
      ))}
    </ul>
  ) : null;
}

function Head(props: ICompareViewOptions): JSX.Element {
  const { model, trans, onOpen } = props;
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
  const rest = found.notes.filter(note => !found.differs.includes(note));
  return (
    <>
      <Notes notes={found.differs} label={trans.__('What differs')} differs />
      <h1 className="hrlab-Compare-headline">{found.headline}</h1>
      <Choices {...parts} />
      <Notes notes={rest} label={trans.__('Notes')} />
      <PublishedTable {...parts} />
      <GroupsTable {...parts} onOpen={onOpen} />
      <DifferenceTables difference={found.difference} trans={trans} />
    </>
  );
}

/** View of a comparison: headline, tables, charts. */
export class CompareView extends Panel {
  constructor(private readonly _options: ICompareViewOptions) {
    super();
    this.addClass('hrlab-RunView');
    this.addClass('hrlab-CompareView');
    this.node.tabIndex = -1;
    this.addWidget(ReactWidget.create(<Head {..._options} />));
    this._pictures.addClass('hrlab-Charts');
    this.addWidget(this._pictures);
    _options.model.changed.connect(this._draw, this);
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

  /** Charts that remain are updated in place. */
  private _draw(model: ComparisonModel): void {
    const charts = new Map(model.comparison?.charts ?? []);
    for (const [name, card] of [...this._cards]) {
      if (!charts.has(name)) {
        this._cards.delete(name);
        card.dispose();
      }
    }
    let place = 0;
    for (const [name, chart] of charts) {
      const card = this._cards.get(name) ?? this._makeCard(name);
      this._pictures.insertWidget(place++, card);
      card.setChart(chart);
    }
  }

  private _makeCard(name: string): PictureCard {
    const title = chartTitle(name, this._options.trans);
    const card = new PictureCard({ ...this._options, title, name });
    this._cards.set(name, card);
    return card;
  }

  private readonly _pictures = new Panel();
  private readonly _cards = new Map<string, PictureCard>();
}
