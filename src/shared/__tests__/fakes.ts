import { Signal } from '@lumino/signaling';
import {
  ApiError,
  IChart,
  IComparison,
  IFigures,
  IHosts,
  IRunPage,
  IRunPatch,
  IRunQuery,
  IRunRecord,
  IRunSummary,
  ISizing,
  readSummary
} from '../../api';
import type { IRuns } from '../../tokens';

export function summary(id: string, name = id): IRunSummary {
  return readSummary({ id, name, status: 'ok', started_at: 1 });
}

/** In-memory run server that records its requests. */
export class FakeRuns implements IRuns {
  constructor(public total: number) {}

  readonly changed: Signal<IRuns, readonly string[]> = new Signal(this);
  readonly removed: Signal<IRuns, string> = new Signal(this);
  readonly asked: string[] = [];
  readonly saved: unknown[] = [];
  failing = false;
  storageWarning = '';
  records = new Map<string, IRunRecord>();

  async list(
    query: IRunQuery,
    offset: number,
    limit: number
  ): Promise<IRunPage> {
    this.asked.push(`${query.text ?? ''}@${offset}`);
    if (this.failing) {
      throw new Error('away');
    }
    const count = Math.max(0, Math.min(limit, this.total - offset));
    const runs = Array.from({ length: count }, (_, i) =>
      summary(`${query.text ?? 'run'}-${offset + i}`)
    );
    const storage_warning = this.storageWarning;
    return { runs, total: this.total, seq: 1, storage_warning };
  }

  async get(id: string): Promise<IRunRecord> {
    const record = this.records.get(id);
    if (!record) {
      throw new ApiError(404, 'not-found', 'No such run.', '');
    }
    return record;
  }

  async saveRecord(record: { id?: unknown }): Promise<void> {
    this.saved.push(record);
  }

  async chart(): Promise<IChart> {
    return { spec: {}, columns: [], rows: [] };
  }

  async figures(): Promise<IFigures> {
    return { figures: [], advice: [] };
  }

  async hosts(): Promise<IHosts> {
    return { source: null, note: '', charts: [] };
  }

  async compare(): Promise<IComparison> {
    throw new ApiError(422, 'invalid-request', 'It takes two.', '');
  }

  async size(): Promise<ISizing> {
    throw new ApiError(422, 'invalid-request', 'Not enough runs.', '');
  }

  async patch(id: string, patch: IRunPatch): Promise<IRunSummary> {
    return summary(id, patch.name);
  }

  async remove(): Promise<void> {}
  async restore(): Promise<void> {}
}

/** Lets resolved promises continue. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
  }
}
