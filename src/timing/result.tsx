import { ReactWidget } from '@jupyterlab/ui-components';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import React from 'react';
import { IFinding, IRunRecord, readAdvice, readRecord } from '../api';
import { adviceFor, IAdvice } from '../runs/first-advice';
import { formatChange, formatDuration } from '../shared/format';
import {
  describeChange,
  failedTasks,
  formatFailure,
  runHint,
  runInOneSentence,
  formatTasks,
  formatWorkers
} from '../runs/text';
import { WantedAdvice } from '../runs/advice-settings';
import { PhaseBar } from '../runs/bar';
import { Hint } from '../shared/hint';
import { PhaseTexts } from '../runs/phase-texts';
import { StatusMark } from '../runs/status';

export interface IResultOptions {
  readonly mimeType: string;
  readonly trans: TranslationBundle;
  readonly onOpen: (record: IRunRecord) => void;
  /** Returns the change against the usual time of this code, if known. */
  readonly changeOf: (record: IRunRecord) => number | null;
  readonly wanted: WantedAdvice;
  readonly isDismissed: (record: IRunRecord, advice: IAdvice) => boolean;
  readonly onDismiss: (record: IRunRecord, advice: IAdvice) => void;
  readonly onShown: (record: IRunRecord) => void;
}

interface ILineProps extends IResultOptions {
  readonly record: IRunRecord;
  readonly found: readonly IFinding[];
  readonly hint: Hint;
  readonly onChanged: () => void;
}

function formatCounts(record: IRunRecord, trans: TranslationBundle): string {
  const tasks = record.loops.reduce((sum, loop) => sum + loop.tasks, 0);
  const failed = failedTasks(record.loops);
  const workers = record.clusters.reduce(
    (sum, cluster) => sum + (cluster.workers_peak ?? 0),
    0
  );
  const parts = [
    tasks > 0 ? formatTasks(tasks, failed, trans) : '',
    workers > 0 ? formatWorkers(workers, trans) : '',
    tasks === 0 && record.approach ? record.approach : ''
  ];
  return parts.filter(part => part).join(' \u00b7 ');
}

function Total(props: ILineProps): JSX.Element {
  const { record, trans } = props;
  const change = record.status === 'ok' ? props.changeOf(record) : null;
  const ended = record.status === 'ok' || record.status === 'running';
  const words = ended
    ? formatDuration(record.wall_seconds)
    : formatFailure(record, trans);
  return (
    <>
      <span
        className={`hrlab-Result-wall${ended ? '' : ' hrlab-mod-bad'}`}
        title={record.error?.message}
      >
        {words}
      </span>
      {change === null ? null : (
        <span title={describeChange(change, trans)}>
          {formatChange(change)}
        </span>
      )}
    </>
  );
}

function Line(props: ILineProps): JSX.Element {
  const { record, trans, hint } = props;
  const explain = (event: React.SyntheticEvent) =>
    hint.show(event.currentTarget, runHint(record, trans));
  return (
    <div
      className="hrlab-Result-line"
      role="group"
      aria-label={runInOneSentence(record, trans)}
      data-hrlab-run={record.id}
    >
      <span
        className="hrlab-Result-figures"
        aria-hidden="true"
        onMouseEnter={explain}
        onMouseLeave={() => hint.hide()}
      >
        <StatusMark status={record.status} trans={trans} />
        <PhaseTexts phases={record.phases} trans={trans} />
        <PhaseBar phases={record.phases} explained={false} trans={trans} />
      </span>
      <Total {...props} />
      <span className="hrlab-Result-counts">{formatCounts(record, trans)}</span>
      <span className="hrlab-Spring" />
      <button
        className="hrlab-Link"
        aria-label={trans.__('Details of run %1', record.name)}
        onFocus={explain}
        onBlur={() => hint.hide()}
        onClick={() => {
          hint.hide();
          props.onOpen(record);
        }}
      >
        {trans.__('details ›')}
      </button>
    </div>
  );
}

function Advice(props: ILineProps): JSX.Element | null {
  const { record, found, trans } = props;
  const advice = adviceFor(record, found, props.wanted.off);
  if (!advice || props.isDismissed(record, advice)) {
    return null;
  }
  return (
    <div className="hrlab-Result-advice">
      <span aria-hidden="true">{'\u26a0'}</span>
      <span className="hrlab-Result-text" title={advice.text}>
        {advice.text}
      </span>
      <button
        className="hrlab-Link"
        title={trans.__('Open the run to see the evidence')}
        onClick={() => props.onOpen(record)}
      >
        {trans.__('why ›')}
      </button>
      <button
        className="hrlab-Link"
        title={trans.__('Dismiss')}
        aria-label={trans.__('Dismiss this advice')}
        onClick={() => {
          props.onDismiss(record, advice);
          props.onChanged();
        }}
      >
        {'\u2715'}
      </button>
    </div>
  );
}

/** A run's record under its cell: one line, and at most one line of advice. */
export class ResultWidget extends ReactWidget implements IRenderMime.IRenderer {
  constructor(private readonly _options: IResultOptions) {
    super();
    this.addClass('hrlab-Result');
    _options.wanted.changed.connect(this.update, this);
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[this._options.mimeType];
    try {
      this._record = readRecord(data);
      this._found = readAdvice(model.metadata[this._options.mimeType]);
      this._problem = '';
    } catch (error) {
      this._record = null;
      this._problem = String(error);
    }
    this._announce();
    this.update();
    await this.renderPromise;
  }

  dispose(): void {
    this._hint.hide();
    this._options.wanted.changed.disconnect(this.update, this);
    super.dispose();
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._announce();
  }

  protected onBeforeDetach(msg: Message): void {
    this._hint.hide();
    super.onBeforeDetach(msg);
  }

  protected render(): JSX.Element {
    const { trans } = this._options;
    if (!this._record) {
      return (
        <div className="hrlab-Result-line" title={this._problem}>
          {trans.__('Could not read this run’s record.')}
        </div>
      );
    }
    const props = {
      ...this._options,
      record: this._record,
      found: this._found,
      hint: this._hint,
      onChanged: () => this.update()
    };
    return (
      <>
        <Line {...props} />
        <Advice {...props} />
      </>
    );
  }

  /** Announces that the result is shown, so that the progress line can be removed. */
  private _announce(): void {
    if (this._record && this.isAttached) {
      this._options.onShown(this._record);
    }
  }

  private readonly _hint = new Hint();
  private _record: IRunRecord | null = null;
  private _found: readonly IFinding[] = [];
  private _problem = '';
}
