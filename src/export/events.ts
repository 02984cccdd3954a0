import type { Event } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { ExportService, IDelivery, readChanged } from '../api';
import type { IExports } from '../tokens';

/** How the delivery of runs goes, kept current by the server's events. */
export class Exports implements IExports {
  constructor(private readonly _service: Pick<ExportService, 'get'>) {}

  get changed(): ISignal<IExports, void> {
    return this._changed;
  }

  /** Listen to the events of the server. */
  follow(stream: Event.Stream): void {
    stream.connect((_, event) => {
      const topic = readChanged(event)?.topic;
      // A run that ends while none is taken waits like the others.
      if (topic === 'exports' || (topic === 'runs' && this._last?.error)) {
        this._changed.emit();
      }
    });
  }

  /** Events may have been lost, or the server is another one. */
  invalidate(): void {
    this._last = undefined;
    this._changed.emit();
  }

  /** A site that delivers nothing does not begin to while its server is up: it is asked once. */
  async get(): Promise<IDelivery | null> {
    if (this._last !== null) {
      this._last = await this._service.get();
    }
    return this._last;
  }

  private readonly _changed = new Signal<IExports, void>(this);
  /** Undefined until the server has answered. */
  private _last: IDelivery | null | undefined = undefined;
}
