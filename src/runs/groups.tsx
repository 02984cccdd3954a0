import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';
import type { IGroup } from '../api';
import { formatBytes, formatCount, formatDuration } from '../shared/format';
import { RunModel } from './model';
import { GroupColumn, IOrder, nextOrder, sortGroups } from './sorting';
import { useSignals } from '../shared/hooks';

interface IColumn {
  readonly key: GroupColumn;
  readonly label: string;
  readonly text: (group: IGroup) => string;
}

function columnsOf(trans: TranslationBundle): readonly IColumn[] {
  return [
    { key: 'name', label: trans.__('Group'), text: g => g.name },
    {
      key: 'tasks',
      label: trans.__('Tasks'),
      text: g => formatCount(g.tasks)
    },
    {
      key: 'failed_tasks',
      label: trans.__('Failed'),
      text: g => formatCount(g.failed_tasks)
    },
    {
      key: 'compute_seconds',
      label: trans.__('Compute time'),
      text: g => formatDuration(g.compute_seconds)
    },
    {
      key: 'longest_seconds',
      label: trans.__('Longest task'),
      text: g => formatDuration(g.longest_seconds)
    },
    {
      key: 'output_bytes',
      label: trans.__('Output'),
      text: g => formatBytes(g.output_bytes)
    }
  ];
}

function sortWord(order: IOrder, key: GroupColumn) {
  if (order.column !== key) {
    return 'none';
  }
  return order.descending ? 'descending' : 'ascending';
}

function Head(props: {
  readonly column: IColumn;
  readonly order: IOrder;
  readonly onSort: () => void;
}): JSX.Element {
  const sorted = sortWord(props.order, props.column.key);
  const arrow = { none: '', ascending: ' \u25b4', descending: ' \u25be' };
  return (
    <th aria-sort={sorted}>
      <button onClick={props.onSort}>
        {props.column.label}
        {arrow[sorted]}
      </button>
    </th>
  );
}

interface IGroupsProps {
  readonly model: RunModel;
  readonly trans: TranslationBundle;
}

function GroupsTable({ model, trans }: IGroupsProps): JSX.Element | null {
  useSignals(model.changed);
  const [order, setOrder] = useState<IOrder>({
    column: 'compute_seconds',
    descending: true
  });
  const groups = model.record?.groups ?? [];
  if (groups.length === 0) {
    return null;
  }
  const columns = columnsOf(trans);
  return (
    <>
      <h3>{trans.__('Groups of tasks')}</h3>
      <table className="hrlab-Table hrlab-Groups">
        <thead>
          <tr>
            {columns.map(column => (
              <Head
                key={column.key}
                column={column}
                order={order}
                onSort={() => setOrder(nextOrder(order, column.key))}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {sortGroups(groups, order).map((group, index) => (
            <tr key={index}>
              {columns.map(column => (
                <td
                  key={column.key}
                  className={column.key === 'name' ? '' : 'hrlab-mod-number'}
                >
                  {column.text(group)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Table of a run's task groups, sortable by column. */
export class Groups extends ReactWidget {
  constructor(private readonly _props: IGroupsProps) {
    super();
    this.addClass('hrlab-GroupsSection');
  }

  protected render(): JSX.Element {
    return <GroupsTable {...this._props} />;
  }
}
