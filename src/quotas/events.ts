import type { Event } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { IQuotaReport, QuotaService, readChanged } from '../api';
import type { IQuotas } from '../tokens';

/** A cluster that comes or goes takes from quotas, too. */
const TOPICS: readonly string[] = ['quotas', 'clusters'];

/** What the user may still have, kept current by the server's events. */
export class Quotas implements IQuotas {
  constructor(private readonly _service: QuotaService) {}

  get changed(): ISignal<IQuotas, void> {
    return this._changed;
  }

  /** Listen to the events of the server. */
  follow(stream: Event.Stream): void {
    stream.connect((_, event) => {
      if (TOPICS.includes(readChanged(event)?.topic ?? '')) {
        this.invalidate();
      }
    });
  }

  /** What is known may be old: whoever shows it asks again. */
  invalidate(): void {
    this._changed.emit();
  }

  list(): Promise<IQuotaReport> {
    return this._service.list();
  }

  private readonly _changed = new Signal<IQuotas, void>(this);
}
