import type { ServerConnection } from '@jupyterlab/services';
import { IChart, readChart } from './chart';
import {
  asNumber,
  asObject,
  isObject,
  listOf,
  numberOr,
  numbersOf,
  stringOr,
  textOrNull
} from './guards';
import type { OptionValues } from './profile';
import { requestAPI } from './request';

/** Goals that a user can set for the next run. */
export const GOALS = [
  'finish_within_seconds',
  'efficiency',
  'fastest',
  'core_hours'
] as const;
export type GoalName = (typeof GOALS)[number];

export interface ISizingQuestion {
  readonly runs: readonly string[];
  readonly goal: Readonly<Partial<Record<GoalName, number | true>>>;
  readonly workload?: Readonly<Record<string, number>>;
  /** The profile whose limits apply to the recommendation. */
  readonly profile?: string;
  readonly options?: OptionValues;
}

/** A recommended cluster size and its reason. */
export interface ISizing {
  readonly workers: number;
  readonly coresPerWorker: number;
  /** 0 if there is no recommendation for memory. */
  readonly memoryPerWorker: number;
  readonly expectedSeconds: number;
  readonly lowSeconds: number;
  readonly highSeconds: number;
  readonly fixedSeconds: number;
  readonly efficiency: number;
  /** The largest size that the measured runs support. */
  readonly trustedWorkers: number;
  readonly coreHours: number;
  /** The figure that measures the runs' work, and the requested amount of it. */
  readonly amount: readonly [string, number] | null;
  readonly limitedBy: string;
  /** Maximum number of workers that quotas allow; null if unlimited. */
  readonly allowedWorkers: number | null;
  /** Peak memory of a worker in the runs; null if not measured. */
  readonly peakBytes: number | null;
  readonly law: string;
  readonly evidence: readonly string[];
  readonly warnings: readonly string[];
  readonly chart: IChart;
}

export function readSizing(value: unknown): ISizing {
  const data = asObject(value, 'advice');
  const wall = asObject(data.wall_seconds, 'advice.wall_seconds');
  const phases = isObject(data.phases) ? data.phases : {};
  return {
    workers: asNumber(data.workers, 'advice.workers'),
    coresPerWorker: numberOr(data.cores_per_worker, 1),
    memoryPerWorker: numberOr(data.memory_bytes_per_worker, 0),
    expectedSeconds: asNumber(wall.expected, 'advice.wall_seconds.expected'),
    lowSeconds: asNumber(wall.low, 'advice.wall_seconds.low'),
    highSeconds: asNumber(wall.high, 'advice.wall_seconds.high'),
    fixedSeconds: numberOr(phases.fixed, 0),
    efficiency: numberOr(data.efficiency, 0),
    trustedWorkers: numberOr(data.trusted_workers, Infinity),
    coreHours: numberOr(data.core_hours, 0),
    amount: Object.entries(numbersOf(data.workload))[0] ?? null,
    limitedBy: stringOr(data.limited_by, ''),
    allowedWorkers: numbersOf(data.bounds).quota ?? null,
    peakBytes: numbersOf(data.memory).peak_bytes ?? null,
    law: stringOr(data.model, ''),
    evidence: listOf(data.evidence, textOrNull),
    warnings: listOf(data.warnings, textOrNull),
    chart: readChart(data.chart)
  };
}

/** Requests a recommendation; nothing is created. */
export async function requestSizing(
  settings: ServerConnection.ISettings,
  question: ISizingQuestion
): Promise<ISizing> {
  const init = { method: 'POST', body: JSON.stringify(question) };
  return readSizing(await requestAPI(settings, 'sizing', init));
}
