import { Time } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IRunSummary } from '../api';
import { formatChange, formatClock, formatDuration } from '../shared/format';
import { labelsToText } from './labels';
import {
  describeChange,
  formatFailure,
  isPlaceKnown,
  phaseName,
  phaseOfFailure,
  formatPhases,
  statusName,
  formatWorkers
} from './text';
import { PhaseBar } from './bar';
import { CutName } from '../shared/name';
import { StatusMark } from './status';

/** Fixed row height, from which the list computes positions. */
export const ROW_HEIGHT = 52;

export interface IRowProps {
  readonly run: IRunSummary;
  readonly index: number;
  readonly id: string;
  /** The ids of all selected runs. */
  readonly selection: readonly string[];
  readonly active: boolean;
  readonly total: number;
  readonly trans: TranslationBundle;
  readonly onToggle: (id: string) => void;
}

function wallText(run: IRunSummary): string {
  return run.status === 'running'
    ? formatClock(Date.now() / 1000 - run.started_at)
    : formatDuration(run.wall_seconds);
}

/** The change shown after the wall time. */
function Outcome(props: {
  readonly run: IRunSummary;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { run, trans } = props;
  if (run.status === 'running') {
    return <span className="hrlab-RunRow-change">{trans.__('running')}</span>;
  }
  if (!run.change) {
    return null;
  }
  return (
    <span
      className="hrlab-RunRow-change"
      title={describeChange(run.change.ratio, trans)}
    >
      {formatChange(run.change.ratio)}
    </span>
  );
}

/** How a run failed or was interrupted. */
function Ending(props: {
  readonly run: IRunSummary;
  readonly trans: TranslationBundle;
}): JSX.Element {
  const { run, trans } = props;
  const { error } = run;
  const phase = phaseOfFailure(run);
  const what = statusName(run.status, trans);
  const where = phase
    ? trans.__('%1 in %2', what, phaseName(phase, trans))
    : what;
  const told = formatFailure(run, trans);
  return (
    <span
      className="hrlab-RunRow-where"
      title={error?.message ? `${told}: ${error.message}` : told}
    >
      {error ? `${where}: ${error.type}` : where}
    </span>
  );
}

const endedBadly = (run: IRunSummary) =>
  run.status === 'failed' || run.status === 'interrupted';

function Size(props: {
  readonly run: IRunSummary;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { run, trans } = props;
  if (!run.workers_peak) {
    return run.approach === 'serial' && isPlaceKnown(run) ? (
      <span className="hrlab-RunRow-size">{trans.__('serial')}</span>
    ) : null;
  }
  const threads =
    run.threads_peak === null
      ? ''
      : trans._n(', %1 thread', ', %1 threads', run.threads_peak);
  const where = run.clusters.length > 0 ? ` (${run.clusters.join(', ')})` : '';
  return (
    <span
      className="hrlab-RunRow-size"
      title={formatWorkers(run.workers_peak, trans) + threads + where}
    >
      {trans.__('%1w', run.workers_peak)}
    </span>
  );
}

/** Returns the sentence for screen readers. */
function formatRow(run: IRunSummary, trans: TranslationBundle): string {
  const when = Time.formatHuman(new Date(run.started_at * 1000));
  const phases = formatPhases(run.phases, trans);
  const parts = [
    run.name,
    statusName(run.status, trans),
    wallText(run),
    phases,
    run.change ? describeChange(run.change.ratio, trans) : '',
    when
  ];
  return parts.filter(part => part.length > 0).join(', ');
}

/** Whether a run's start is a valid date; others cannot be rendered. */
export function isDrawable(run: IRunSummary): boolean {
  return !Number.isNaN(new Date(run.started_at * 1000).getTime());
}

/** Common frame of a row: position, selection, checkbox; `children` are its lines. */
function RowFrame(
  props: IRowProps & {
    name: string;
    told: string;
    broken?: boolean;
    children: React.ReactNode;
  }
): JSX.Element {
  const { run, trans, selection, name, told, broken } = props;
  const selected = selection.includes(run.id);
  const states = [
    broken ? ' hrlab-mod-broken' : '',
    props.active ? ' hrlab-mod-active' : '',
    selected ? ' hrlab-mod-selected' : ''
  ];
  return (
    <div
      id={props.id}
      className={`hrlab-RunRow${states.join('')}`}
      role="option"
      aria-selected={selected}
      aria-setsize={props.total}
      aria-posinset={props.index + 1}
      aria-label={broken ? `${name}: ${told}` : told}
      title={broken ? told : undefined}
      data-hrlab-run={run.id}
      data-hrlab-runs={selected ? selection.join(' ') : undefined}
      style={{ top: props.index * ROW_HEIGHT, height: ROW_HEIGHT }}
    >
      <input
        type="checkbox"
        className="hrlab-RunRow-check"
        tabIndex={-1}
        checked={selected}
        aria-label={trans.__('Select %1', name)}
        title={trans.__('Select')}
        onClick={event => event.stopPropagation()}
        onChange={() => props.onToggle(run.id)}
      />
      <div className="hrlab-RunRow-text">{props.children}</div>
    </div>
  );
}

/** Placeholder for a run whose record cannot be rendered; it can be deleted like any other. */
export function BrokenRow(props: IRowProps): JSX.Element {
  const { run, trans } = props;
  const name = run.name || run.id;
  const told = trans.__(
    'The record of this run is damaged and cannot be shown. You can delete the run.'
  );
  return (
    <RowFrame {...props} name={name} told={told} broken>
      <div className="hrlab-RunRow-line">
        <CutName name={name} />
      </div>
      <div className="hrlab-RunRow-line hrlab-mod-second">{told}</div>
    </RowFrame>
  );
}

/** A run in the list, on two lines. */
export function RunRow(props: IRowProps): JSX.Element {
  const { run, trans } = props;
  const started = new Date(run.started_at * 1000);
  const labels = labelsToText(run.labels);
  return (
    <RowFrame {...props} name={run.name} told={formatRow(run, trans)}>
      <div className="hrlab-RunRow-line">
        <StatusMark status={run.status} trans={trans} />
        <CutName name={run.name} />
        {labels ? (
          <span className="hrlab-RunRow-labels" title={labels}>
            {labels}
          </span>
        ) : null}
        <span className="hrlab-RunRow-wall">{wallText(run)}</span>
        <Outcome run={run} trans={trans} />
      </div>
      <div className="hrlab-RunRow-line hrlab-mod-second">
        {endedBadly(run) ? (
          <Ending run={run} trans={trans} />
        ) : (
          <PhaseBar phases={run.phases} trans={trans} />
        )}
        <Outcome run={run} trans={trans} />
        <Size run={run} trans={trans} />
        <span className="hrlab-RunRow-when" title={started.toLocaleString()}>
          {Time.formatHuman(started)}
        </span>
      </div>
    </RowFrame>
  );
}
