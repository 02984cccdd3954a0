import type { IQuotaReport } from '../api';
import type { IQuotas } from '../tokens';
import type { IClock } from '../shared/clock';
import { Snapshot } from '../shared/snapshot';

/** Events tell of clusters; what others use, and storage, is known only by asking. Less than what is said to be old. */
const FRESH_SECONDS = 60;

/** Limits as the panel shows them. */
export class QuotaList extends Snapshot<IQuotaReport> {
  constructor(quotas: IQuotas, clock?: IClock) {
    super(() => quotas.list(), quotas.changed, clock, FRESH_SECONDS);
  }

  /** Null until the server has said what there is. */
  get report(): IQuotaReport | null {
    return this.value;
  }
}
