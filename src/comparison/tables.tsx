import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IComparedGroup, IDifference, IDifferenceLine } from '../api';
import { tableAsCsv } from './model';
import {
  changeOfLine,
  groupingName,
  nameOfLine,
  formatOthers,
  publishedSeconds,
  formatRatio,
  formatWall
} from './text';
import {
  formatChange,
  formatCount,
  formatDuration,
  formatShare
} from '../shared/format';
import type { IFoundProps } from './choices';
import { download } from '../shared/download';

const ID_LENGTH = 8;

interface IGroupProps {
  readonly group: IComparedGroup;
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
}

function Link(props: {
  readonly id: string;
  readonly trans: TranslationBundle;
  readonly onOpen: (id: string) => void;
}): JSX.Element {
  const { id, trans, onOpen } = props;
  return (
    <button
      className="hrlab-Link"
      title={trans.__('Open this run')}
      onClick={() => onOpen(id)}
    >
      {id.slice(0, ID_LENGTH)}
    </button>
  );
}

/** The number of runs with links to each, so that every number can be traced. */
function Runs({ group, trans, onOpen }: IGroupProps): JSX.Element {
  const cold = group.cold.length
    ? trans.__(' + %1 cold', formatCount(group.cold.length))
    : '';
  return (
    <details className="hrlab-Compare-runs">
      <summary>{formatCount(group.runs.length) + cold}</summary>
      {[...group.runs, ...group.cold].map(id => (
        <Link key={id} id={id} trans={trans} onOpen={onOpen} />
      ))}
    </details>
  );
}

function Name({ group, trans }: IGroupProps): JSX.Element {
  return (
    <td>
      {group.label}
      {group.alone === false ? (
        <span
          className="hrlab-Label hrlab-Compare-shared"
          title={formatOthers(group, trans)}
        >
          {trans.__('not alone')}
        </span>
      ) : null}
    </td>
  );
}

/** Table with a row per group, or per group and amount of work. */
export function GroupsTable(
  props: IFoundProps & { readonly onOpen: (id: string) => void }
): JSX.Element {
  const { found, trans, onOpen } = props;
  const { amount, over } = found;
  const hasCold = found.groups.some(group => group.cold.length);
  const number = (text: string) => <td className="hrlab-mod-number">{text}</td>;
  return (
    <table className="hrlab-Table hrlab-Compare-groups">
      <thead>
        <tr>
          <th>{groupingName(found.by, trans)}</th>
          {amount ? <th>{amount}</th> : null}
          <th>{trans.__('Runs')}</th>
          <th>{trans.__('Wall time (median)')}</th>
          {hasCold ? (
            <th
              title={trans.__(
                'Runs on workers that had not executed this code before'
              )}
            >
              {trans.__('Cold')}
            </th>
          ) : null}
          <th>
            {over === 'workers' ? trans.__('Workers') : trans.__('Threads')}
          </th>
          <th>{trans.__('Speed-up')}</th>
          <th>{trans.__('Efficiency')}</th>
        </tr>
      </thead>
      <tbody>
        {found.groups.map((group, index) => (
          <tr key={index}>
            <Name group={group} trans={trans} onOpen={onOpen} />
            {amount ? number(formatCount(group.amount)) : null}
            <td className="hrlab-mod-number">
              <Runs group={group} trans={trans} onOpen={onOpen} />
            </td>
            {number(formatWall(group))}
            {hasCold
              ? number(group.coldSeconds.map(formatDuration).join(', '))
              : null}
            {number(
              formatCount(over === 'workers' ? group.workers : group.threads)
            )}
            {number(formatRatio(group.speedUp))}
            {number(
              group.efficiency === null ? '–' : formatShare(group.efficiency)
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Table with amounts of work as rows and groups as columns. */
export function PublishedTable(props: IFoundProps): JSX.Element | null {
  const { trans } = props;
  const table = props.found.published;
  if (!table) {
    return null;
  }
  const save = () =>
    download(
      new Blob([tableAsCsv(table)], { type: 'text/csv' }),
      'comparison-table.csv'
    );
  return (
    <div className="hrlab-Compare-published">
      <table className="hrlab-Table hrlab-Compare-cross">
        <thead>
          <tr>
            {table.columns.map(column => (
              <th key={column.name}>{column.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map(([amount, ...seconds], index) => (
            <tr key={index}>
              <th scope="row">{formatCount(Number(amount))}</th>
              {seconds.map((cell, place) => (
                <td key={place} className="hrlab-mod-number">
                  {publishedSeconds(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <button
        className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
        title={trans.__('Download this table as CSV')}
        onClick={save}
      >
        {trans.__('CSV')}
      </button>
    </div>
  );
}

function formatSide(name: string, at: number): string {
  return `${name}, ${new Date(at * 1000).toLocaleString()}`;
}

function DifferenceRows(props: {
  readonly lines: readonly IDifferenceLine[];
  readonly head: string;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { lines, head, trans } = props;
  if (!lines.length) {
    return null;
  }
  return (
    <table className="hrlab-Table hrlab-Compare-difference">
      <thead>
        <tr>
          <th>{head}</th>
          <th>{trans.__('Before')}</th>
          <th>{trans.__('After')}</th>
          <th>{trans.__('Change')}</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {lines.map(line => (
          <tr key={`${line.part} ${line.name}`} data-hrlab-part={line.part}>
            <td>{nameOfLine(line, trans)}</td>
            <td className="hrlab-mod-number">{formatDuration(line.before)}</td>
            <td className="hrlab-mod-number">{formatDuration(line.after)}</td>
            <td className="hrlab-mod-number">{changeOfLine(line)}</td>
            <td className="hrlab-mod-number">
              {line.ratio === null ? '' : formatChange(line.ratio - 1)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Tables of how two runs differ: parts of the wall time, and thread time of task groups. */
export function DifferenceTables(props: {
  readonly difference: IDifference | null;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { difference, trans } = props;
  if (!difference) {
    return null;
  }
  const { beforeName, beforeAt, afterName, afterAt, lines } = difference;
  const isGroup = (line: IDifferenceLine) => line.part === 'group';
  return (
    <>
      <h3>{trans.__('Where the two runs differ')}</h3>
      <p className="hrlab-Compare-sides">
        {trans.__('Before: %1', formatSide(beforeName, beforeAt))}
        <br />
        {trans.__('After: %1', formatSide(afterName, afterAt))}
      </p>
      <div className="hrlab-Compare-tables">
        <DifferenceRows
          lines={lines.filter(line => !isGroup(line))}
          head={trans.__('Wall time')}
          trans={trans}
        />
        <DifferenceRows
          lines={lines.filter(isGroup)}
          head={trans.__('Thread time of tasks')}
          trans={trans}
        />
      </div>
    </>
  );
}
