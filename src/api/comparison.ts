import { IChart, ITable, readChart, readTable } from './chart';
import {
  asNumber,
  asObject,
  asString,
  booleanOr,
  isObject,
  listOf,
  numberOr,
  stringOr,
  textOrNull
} from './guards';

/** Which runs to compare: the given ones, or all that ran the same code as one. */
export interface IComparisonQuery {
  readonly ids: readonly string[];
  readonly like?: string;
  /** Id of a run to compare with the previous successful run of its code. */
  readonly previous?: string;
  readonly by?: string;
  readonly baseline?: string;
  readonly over?: string;
  readonly since?: string;
}

/** Runs that are repeats of each other. */
export interface IComparedGroup {
  readonly key: string;
  readonly label: string;
  readonly amount: number | null;
  readonly runs: readonly string[];
  readonly cold: readonly string[];
  readonly wallSeconds: number;
  readonly lowSeconds: number;
  readonly highSeconds: number;
  readonly coldSeconds: readonly number[];
  readonly threads: number;
  readonly workers: number;
  /** Whether the runs had the cluster to themselves; null if unknown. */
  readonly alone: boolean | null;
  readonly otherPods: number;
  readonly speedUp: number | null;
  readonly efficiency: number | null;
}

export const DIFFERENCE_PARTS = ['wall', 'phase', 'stage', 'group'] as const;
export type DifferencePart = (typeof DIFFERENCE_PARTS)[number];

/** One part of two runs; unknown times are null. */
export interface IDifferenceLine {
  readonly part: DifferencePart;
  readonly name: string;
  readonly before: number | null;
  readonly after: number | null;
  /** After divided by before; also null if before is close to zero. */
  readonly ratio: number | null;
}

/** How two runs differ. */
export interface IDifference {
  readonly beforeName: string;
  readonly afterName: string;
  readonly beforeAt: number;
  readonly afterAt: number;
  readonly lines: readonly IDifferenceLine[];
}

/** A comparison of runs, as returned by the server. */
export interface IComparison {
  readonly by: string;
  readonly amount: string | null;
  readonly baseline: string;
  readonly headline: string;
  readonly notes: readonly string[];
  /** The notes about differences that should not be there. */
  readonly differs: readonly string[];
  /** Available groupings for these runs. */
  readonly choices: readonly string[];
  /** The resource that efficiency is relative to: threads or workers. */
  readonly over: string;
  /** Origin of the time axis for two runs' hardware use. */
  readonly since: string;
  /** Rows are amounts of work, columns are groups. */
  readonly published: ITable | null;
  /** Set only for exactly two runs. */
  readonly difference: IDifference | null;
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
    coldSeconds: listOf(data.cold_seconds, value => numberOr(value, null)),
    threads: numberOr(data.threads, 1),
    workers: numberOr(data.workers, 0),
    alone: booleanOr(data.alone, null),
    otherPods: numberOr(data.other_pods, 0),
    speedUp: numberOr(data.speed_up, null),
    efficiency: numberOr(data.efficiency, null)
  };
}

function readLine(value: unknown): IDifferenceLine | null {
  const data = asObject(value, 'line');
  const part = DIFFERENCE_PARTS.find(known => known === data.part);
  return part
    ? {
        part,
        name: asString(data.name, 'line.name'),
        before: numberOr(data.before_seconds, null),
        after: numberOr(data.after_seconds, null),
        ratio: numberOr(data.ratio, null)
      }
    : null;
}

function readDifference(value: unknown): IDifference | null {
  return isObject(value)
    ? {
        beforeName: stringOr(value.before_name, ''),
        afterName: stringOr(value.after_name, ''),
        beforeAt: numberOr(value.before_at, 0),
        afterAt: numberOr(value.after_at, 0),
        lines: listOf(value.lines, readLine)
      }
    : null;
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
    differs: listOf(data.differs, textOrNull),
    choices: listOf(data.choices, textOrNull),
    over: stringOr(data.over, 'threads'),
    since: stringOr(data.since, 'start'),
    published: isObject(data.published) ? readTable(data.published) : null,
    difference: readDifference(data.difference),
    groups: listOf(data.groups, readGroup),
    charts: Object.entries(charts).map(
      ([name, chart]) => [name, readChart(chart)] as const
    )
  };
}

const SINGLE = ['like', 'previous', 'by', 'baseline', 'over', 'since'] as const;

/** Returns the path of a comparison, relative to the API root. */
export function comparisonPath(query: IComparisonQuery): string {
  const found = new URLSearchParams();
  if (query.ids.length) {
    found.set('ids', query.ids.join(','));
  }
  for (const name of SINGLE) {
    const value = query[name];
    if (value) {
      found.set(name, value);
    }
  }
  return `compare?${found.toString()}`;
}
