import type { Event } from '@jupyterlab/services';
import type { PartialJSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import {
  ApiError,
  ChartView,
  IChart,
  IComparison,
  IComparisonQuery,
  IFigures,
  IHosts,
  IRunPage,
  IRunPatch,
  IRunQuery,
  IRunRecord,
  IRunSummary,
  ISizing,
  ISizingQuestion,
  readChanged,
  RunService
} from '../api';
import type { IRuns } from '../tokens';

/** The server's runs, kept current by its events. */
export class Runs implements IRuns {
  constructor(private readonly _service: RunService) {}

  get changed(): ISignal<IRuns, readonly string[]> {
    return this._changed;
  }

  get removed(): ISignal<IRuns, string> {
    return this._removed;
  }

  /** Subscribes to the server's events. */
  follow(stream: Event.Stream): void {
    stream.connect((_, event) => {
      const change = readChanged(event);
      if (change?.topic === 'runs') {
        this._changed.emit(change.ids);
      }
    });
  }

  /** Tells listeners to fetch again, since events may have been lost. */
  invalidate(): void {
    this._changed.emit([]);
  }

  list(query: IRunQuery, offset: number, limit: number): Promise<IRunPage> {
    return this._service.list(query, offset, limit);
  }

  get(id: string): Promise<IRunRecord> {
    return this._service.get(id);
  }

  chart(id: string, view: ChartView): Promise<IChart> {
    return this._service.chart(id, view);
  }

  figures(id: string): Promise<IFigures> {
    return this._service.figures(id);
  }

  hosts(id: string): Promise<IHosts> {
    return this._service.hosts(id);
  }

  compare(query: IComparisonQuery): Promise<IComparison> {
    return this._service.compare(query);
  }

  size(question: ISizingQuestion): Promise<ISizing> {
    return this._service.size(question);
  }

  async patch(id: string, patch: IRunPatch): Promise<IRunSummary> {
    const summary = await this._service.patch(id, patch);
    this._changed.emit([id]);
    return summary;
  }

  async remove(id: string): Promise<void> {
    await this._service.remove(id);
    this._removed.emit(id);
    this._changed.emit([id]);
  }

  async restore(id: string): Promise<void> {
    await this.patch(id, { deleted: false });
  }

  async saveRecord(record: PartialJSONObject): Promise<void> {
    try {
      await this._service.put(record);
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) {
        return; // deleted by the user, so it must not come back
      }
      throw error;
    }
    this._changed.emit([String(record.id)]);
  }

  private readonly _changed = new Signal<IRuns, readonly string[]>(this);
  private readonly _removed = new Signal<IRuns, string>(this);
}
