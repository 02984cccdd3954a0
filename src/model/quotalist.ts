import type { IQuotaReport } from '../api';
import type { IQuotas } from '../tokens';
import type { IClock } from './clock';
import { Snapshot } from './snapshot';

/** Limits as the panel shows them. */
export class QuotaList extends Snapshot<IQuotaReport> {
  constructor(quotas: IQuotas, clock?: IClock) {
    super(() => quotas.list(), quotas.changed, clock);
  }

  /** Null until the server has said what there is. */
  get report(): IQuotaReport | null {
    return this.value;
  }
}
