import type { IGroup } from '../api';

export type GroupColumn = keyof IGroup;

export interface IOrder {
  readonly column: GroupColumn;
  readonly descending: boolean;
}

/** The order after a click on a column's head: the largest comes first. */
export function nextOrder(order: IOrder, column: GroupColumn): IOrder {
  return order.column === column
    ? { column, descending: !order.descending }
    : { column, descending: column !== 'name' };
}

/** Groups in an order; equal ones keep their place, what was not measured counts as less than nothing. */
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
