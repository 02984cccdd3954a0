import type { PartialJSONObject } from '@lumino/coreutils';
import { asObject, isObject, listOf, stringOr } from './guards';

/** Charts of a single run that the server renders. */
export const CHART_VIEWS = [
  'timeline',
  'phases',
  'workers',
  'cpu',
  'memory',
  'network',
  'disk'
] as const;
export type ChartView = (typeof CHART_VIEWS)[number];

export interface IChartColumn {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
}

/** The data behind a chart, for reading and copying. */
export interface ITable {
  readonly columns: readonly IChartColumn[];
  readonly rows: readonly (readonly unknown[])[];
}

/** A Vega-Lite v5 specification without a width, and its data table. */
export interface IChart extends ITable {
  readonly spec: PartialJSONObject;
}

function readColumn(value: unknown): IChartColumn | null {
  return isObject(value)
    ? {
        name: stringOr(value.name, ''),
        label: stringOr(value.label, ''),
        unit: stringOr(value.unit, '')
      }
    : null;
}

export function readTable(value: unknown): ITable {
  const table = isObject(value) ? value : {};
  return {
    columns: listOf(table.columns, readColumn),
    rows: listOf(table.rows, row => (Array.isArray(row) ? row : null))
  };
}

export function readChart(value: unknown): IChart {
  const data = asObject(value, 'chart');
  return {
    spec: asObject(data.spec, 'chart.spec') as PartialJSONObject,
    ...readTable(data.table)
  };
}
