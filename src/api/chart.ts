import type { PartialJSONObject } from '@lumino/coreutils';
import { asObject, isObject, listOf, stringOr } from './guards';

/** The views of one run that the server draws. */
export const CHART_VIEWS = ['timeline', 'phases', 'workers'] as const;
export type ChartView = (typeof CHART_VIEWS)[number];

export interface IChartColumn {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
}

/** A Vega-Lite v5 specification without a width, and the table behind it. */
export interface IChart {
  readonly spec: PartialJSONObject;
  readonly columns: readonly IChartColumn[];
  readonly rows: readonly (readonly unknown[])[];
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

export function readChart(value: unknown): IChart {
  const data = asObject(value, 'chart');
  const table = isObject(data.table) ? data.table : {};
  return {
    spec: asObject(data.spec, 'chart.spec') as PartialJSONObject,
    columns: listOf(table.columns, readColumn),
    rows: listOf(table.rows, row => (Array.isArray(row) ? row : null))
  };
}
