import type { IQuotaReport } from '../api';
import type { IQuotas } from '../tokens';
import type { IClock } from '../shared/clock';
import { Snapshot } from '../shared/snapshot';

/** Polling interval: storage and other users' usage are not announced by events. Below the age shown as old. */
const FRESH_SECONDS = 60;

/** The quotas shown in the panel. */
export class QuotaList extends Snapshot<IQuotaReport> {
  constructor(quotas: IQuotas, clock?: IClock) {
    super(() => quotas.list(), quotas.changed, clock, FRESH_SECONDS);
  }

  /** Null until the first response. */
  get report(): IQuotaReport | null {
    return this.value;
  }
}
