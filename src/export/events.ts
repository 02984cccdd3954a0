import type { Event } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { ExportService, IDelivery, readChanged } from '../api';
import type { IExports } from '../tokens';

/** Delivery state of runs, kept current by the server's events. */
export class Exports implements IExports {
  constructor(private readonly _service: Pick<ExportService, 'get'>) {}

  get changed(): ISignal<IExports, void> {
    return this._changed;
  }

  /** Subscribes to the server's events. */
  follow(stream: Event.Stream): void {
    stream.connect((_, event) => {
      const topic = readChanged(event)?.topic;
      // A run that ends while delivery is down joins those waiting.
      if (topic === 'exports' || (topic === 'runs' && this._last?.error)) {
        this._changed.emit();
      }
    });
  }

  /** Marks the state as out of date: events may be lost, or the server replaced. */
  invalidate(): void {
    this._last = undefined;
    this._changed.emit();
  }

  /** Returns the delivery state; a site without delivery is asked only once per server. */
  async get(): Promise<IDelivery | null> {
    if (this._last !== null) {
      this._last = await this._service.get();
    }
    return this._last;
  }

  private readonly _changed = new Signal<IExports, void>(this);
  /** Undefined until the first response. */
  private _last: IDelivery | null | undefined = undefined;
}
