import { IChart, readChart } from './chart';
import {
  asNumber,
  asObject,
  asString,
  isObject,
  listOf,
  numberOr,
  stringOr,
  textOrNull
} from './guards';

/** Which runs to compare: these, or all that ran the code of one. */
export interface IComparisonQuery {
  readonly ids: readonly string[];
  readonly like?: string;
  readonly by?: string;
  readonly baseline?: string;
}

/** Repeats of one thing. */
export interface IComparedGroup {
  readonly key: string;
  readonly label: string;
  readonly amount: number | null;
  readonly runs: readonly string[];
  readonly cold: readonly string[];
  readonly wallSeconds: number;
  readonly lowSeconds: number;
  readonly highSeconds: number;
  readonly threads: number;
  readonly speedUp: number | null;
  readonly efficiency: number | null;
}

/** Runs compared, as the server tells it. */
export interface IComparison {
  readonly by: string;
  readonly amount: string | null;
  readonly baseline: string;
  readonly headline: string;
  readonly notes: readonly string[];
  readonly groups: readonly IComparedGroup[];
  readonly charts: readonly (readonly [string, IChart])[];
}

function readGroup(value: unknown): IComparedGroup {
  const data = asObject(value, 'group');
  return {
    key: String(data.key),
    label: asString(data.label, 'group.label'),
    amount: numberOr(data.amount, null),
    runs: listOf(data.runs, textOrNull),
    cold: listOf(data.cold, textOrNull),
    wallSeconds: asNumber(data.wall_seconds, 'group.wall_seconds'),
    lowSeconds: numberOr(data.wall_low_seconds, 0),
    highSeconds: numberOr(data.wall_high_seconds, 0),
    threads: numberOr(data.threads, 1),
    speedUp: numberOr(data.speed_up, null),
    efficiency: numberOr(data.efficiency, null)
  };
}

export function readComparison(value: unknown): IComparison {
  const data = asObject(value, 'comparison');
  const charts = isObject(data.charts) ? data.charts : {};
  return {
    by: asString(data.by, 'comparison.by'),
    amount: stringOr(data.amount, null),
    baseline: String(data.baseline),
    headline: stringOr(data.headline, ''),
    notes: listOf(data.notes, textOrNull),
    groups: listOf(data.groups, readGroup),
    charts: Object.entries(charts).map(
      ([name, chart]) => [name, readChart(chart)] as const
    )
  };
}

/** The address of a comparison, below the API. */
export function comparisonPath(query: IComparisonQuery): string {
  const found = new URLSearchParams();
  if (query.ids.length) {
    found.set('ids', query.ids.join(','));
  }
  for (const name of ['like', 'by', 'baseline'] as const) {
    const value = query[name];
    if (value) {
      found.set(name, value);
    }
  }
  return `compare?${found.toString()}`;
}
