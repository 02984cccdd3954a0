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

/** Which runs to compare: these, or all that ran the code of one. */
export interface IComparisonQuery {
  readonly ids: readonly string[];
  readonly like?: string;
  /** A run that is compared with the successful one of its code before it. */
  readonly previous?: string;
  readonly by?: string;
  readonly baseline?: string;
  readonly over?: string;
  readonly since?: string;
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
  readonly coldSeconds: readonly number[];
  readonly threads: number;
  readonly workers: number;
  /** Whether no others' work was on the cluster; null if unknown. */
  readonly alone: boolean | null;
  readonly otherPods: number;
  readonly speedUp: number | null;
  readonly efficiency: number | null;
}

export const DIFFERENCE_PARTS = ['wall', 'phase', 'stage', 'group'] as const;
export type DifferencePart = (typeof DIFFERENCE_PARTS)[number];

/** A part of two runs; times are null where they are not known. */
export interface IDifferenceLine {
  readonly part: DifferencePart;
  readonly name: string;
  readonly before: number | null;
  readonly after: number | null;
  /** After over before; null also where before is nearly nothing. */
  readonly ratio: number | null;
}

/** Where two runs differ. */
export interface IDifference {
  readonly beforeName: string;
  readonly afterName: string;
  readonly beforeAt: number;
  readonly afterAt: number;
  readonly lines: readonly IDifferenceLine[];
}

/** Runs compared, as the server tells it. */
export interface IComparison {
  readonly by: string;
  readonly amount: string | null;
  readonly baseline: string;
  readonly headline: string;
  readonly notes: readonly string[];
  /** Those of the notes that say what differs and should not. */
  readonly differs: readonly string[];
  /** By what these runs may be grouped. */
  readonly choices: readonly string[];
  /** What the efficiency counts: threads or workers. */
  readonly over: string;
  /** Where the time axis of two runs' hardware use begins. */
  readonly since: string;
  /** Amounts of work down, groups across. */
  readonly published: ITable | null;
  /** Of exactly two runs. */
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

/** The address of a comparison, below the API. */
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
