import type { Event } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { IQuotaReport, QuotaService, readChanged } from '../api';
import type { IQuotas } from '../tokens';

/** Creating or closing clusters changes quota usage. */
const TOPICS: readonly string[] = ['quotas', 'clusters'];

/** The user's quotas, kept current by the server's events. */
export class Quotas implements IQuotas {
  constructor(private readonly _service: QuotaService) {}

  get changed(): ISignal<IQuotas, void> {
    return this._changed;
  }

  /** Subscribes to the server's events. */
  follow(stream: Event.Stream): void {
    stream.connect((_, event) => {
      if (TOPICS.includes(readChanged(event)?.topic ?? '')) {
        this.invalidate();
      }
    });
  }

  /** Tells listeners to fetch again. */
  invalidate(): void {
    this._changed.emit();
  }

  list(): Promise<IQuotaReport> {
    return this._service.list();
  }

  private readonly _changed = new Signal<IQuotas, void>(this);
}
