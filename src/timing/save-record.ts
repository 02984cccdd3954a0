import type { PartialJSONObject } from '@lumino/coreutils';
import { ApiError } from '../api';
import type { IRuns } from '../tokens';

const TRIES = 5;
const BETWEEN_TRIES_MS = 1000;

const sleep = (ms: number) =>
  new Promise<void>(resolve => window.setTimeout(resolve, ms));

async function isMissing(runs: IRuns, id: string): Promise<boolean> {
  try {
    await runs.get(id);
    return false;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      return true;
    }
    throw error;
  }
}

/**
 * Sends the record of a run that just ended in this page to the server, if its
 * store lacks it (remote kernel, read-only disk).
 *
 * `find` looks for the record in the cell's output; it is called several times,
 * as the output may arrive after the end of the run was announced.
 */
export async function saveRecord(
  runs: IRuns,
  id: string,
  find: () => PartialJSONObject | null,
  wait: (ms: number) => Promise<void> = sleep
): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) {
    if (!(await isMissing(runs, id))) {
      return false;
    }
    const record = find();
    if (record) {
      await runs.saveRecord(record);
      return true;
    }
    await wait(BETWEEN_TRIES_MS);
  }
  return false;
}
