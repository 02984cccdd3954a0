import type { IGroup } from '../api';

export type GroupColumn = keyof IGroup;

export interface IOrder {
  readonly column: GroupColumn;
  readonly descending: boolean;
}

/** Returns the order after a click on a column header; largest first. */
export function nextOrder(order: IOrder, column: GroupColumn): IOrder {
  return order.column === column
    ? { column, descending: !order.descending }
    : { column, descending: column !== 'name' };
}

/** Returns groups sorted stably; values that were not measured sort below zero. */
export function sortGroups(
  groups: readonly IGroup[],
  { column, descending }: IOrder
): readonly IGroup[] {
  const sign = descending ? -1 : 1;
  return [...groups].sort((a, b) => {
    const left = a[column];
    const right = b[column];
    return typeof left === 'string' || typeof right === 'string'
      ? sign * String(left).localeCompare(String(right))
      : sign * ((left ?? -1) - (right ?? -1));
  });
}
