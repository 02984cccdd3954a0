import { asNumber, asObject, isObject, stringOr } from './guards';

/** The four phases, in display order. */
export const PHASES = ['pre', 'dask', 'between', 'post'] as const;
export type Phase = (typeof PHASES)[number];

/** The four stages of a dask loop, in the order they occur. */
export const STAGES = ['submit', 'wait', 'compute', 'gather'] as const;
export type Stage = (typeof STAGES)[number];

export const STATUSES = ['running', 'ok', 'failed', 'interrupted'] as const;
export type Status = (typeof STATUSES)[number];

export interface IPhases {
  readonly pre_seconds: number;
  readonly dask_seconds: number;
  readonly between_seconds: number;
  readonly post_seconds: number;
}

export interface IStages {
  readonly submit_seconds: number;
  readonly wait_seconds: number;
  readonly compute_seconds: number;
  readonly gather_seconds: number;
}

export interface IRunError {
  readonly type: string;
  readonly message: string;
}

export function readPhases(value: unknown): IPhases | null {
  if (value === null || value === undefined) {
    return null;
  }
  const data = asObject(value, 'phases');
  return {
    pre_seconds: asNumber(data.pre_seconds, 'phases.pre_seconds'),
    dask_seconds: asNumber(data.dask_seconds, 'phases.dask_seconds'),
    between_seconds: asNumber(data.between_seconds, 'phases.between_seconds'),
    post_seconds: asNumber(data.post_seconds, 'phases.post_seconds')
  };
}

export function readStages(value: unknown): IStages {
  const data = asObject(value, 'stages');
  return {
    submit_seconds: asNumber(data.submit_seconds, 'stages.submit_seconds'),
    wait_seconds: asNumber(data.wait_seconds, 'stages.wait_seconds'),
    compute_seconds: asNumber(data.compute_seconds, 'stages.compute_seconds'),
    gather_seconds: asNumber(data.gather_seconds, 'stages.gather_seconds')
  };
}

/** Reads a status; an unknown one (of a later version) counts as interrupted, not as ok. */
export function readStatus(value: unknown): Status {
  return STATUSES.find(status => status === value) ?? 'interrupted';
}

export function readError(value: unknown): IRunError | null {
  return isObject(value)
    ? {
        type: stringOr(value.type, 'Error'),
        message: stringOr(value.message, '')
      }
    : null;
}
