import type { TranslationBundle } from '@jupyterlab/translation';
import type { IRunRecord } from '../api';
import { formatDuration, formatShare } from './format';
import { stageSeconds } from './sentences';

// Below these, waiting is normal: tasks take a moment to reach a worker.
const WAIT_SHARE = 0.2;
const WAIT_SECONDS = 2;

/** At most one line of advice or warning about a run. */
export interface IAdvice {
  readonly code: string;
  readonly text: string;
}

/** A warning of the recorder comes first, then advice; most runs need neither. */
export function adviceFor(
  run: IRunRecord,
  trans: TranslationBundle
): IAdvice | null {
  const warning = run.warnings[0];
  if (warning) {
    return { code: warning.code, text: warning.message || warning.code };
  }
  return waitingAdvice(run, trans);
}

function waitingAdvice(
  run: IRunRecord,
  trans: TranslationBundle
): IAdvice | null {
  const dask = run.phases?.dask_seconds ?? 0;
  const waited = stageSeconds(run.loops).get('wait') ?? 0;
  if (waited < WAIT_SECONDS || dask <= 0 || waited / dask < WAIT_SHARE) {
    return null;
  }
  const share = formatShare(waited / dask);
  const time = formatDuration(waited);
  const text =
    run.alone === false
      ? trans.__(
          '%1 of the dask time (%2) was spent waiting, while another client used the cluster: use one of your own to time alone.',
          share,
          time
        )
      : trans.__(
          '%1 of the dask time (%2) was spent waiting for workers: create the cluster earlier, or ask for it warm.',
          share,
          time
        );
  return { code: 'waited-for-workers', text };
}
