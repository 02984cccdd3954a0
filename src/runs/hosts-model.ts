import { ISignal, Signal } from '@lumino/signaling';
import { ApiError, IHosts } from '../api';
import type { IRuns } from '../tokens';

/** Status codes from here on mean that the database or the request to it failed. */
const BACKEND_FAILED = 502;

/** Host metrics of a run, fetched from the site's database on demand. */
export class HostsModel {
  constructor(
    private readonly _runs: IRuns,
    private readonly _id: string
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The latest response; null before the first. */
  get hosts(): IHosts | null {
    return this._hosts;
  }

  /** Why there are no metrics; empty if there is nothing to report. */
  get error(): string {
    return this._error;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  /** Fetches the metrics, again if needed. */
  async ask(): Promise<void> {
    const turn = ++this._turn;
    this._isBusy = true;
    this._changed.emit();
    let hosts: IHosts | null = null;
    let message = '';
    try {
      hosts = await this._runs.hosts(this._id);
    } catch (error) {
      // Other errors come from hrlab's server and are shown by the rest of the view.
      const told = error instanceof ApiError && error.status >= BACKEND_FAILED;
      message = told ? error.message : '';
    }
    if (turn === this._turn) {
      this._isBusy = false;
      this._hosts = hosts;
      this._error = message;
      this._changed.emit();
    }
  }

  dispose(): void {
    this._turn++;
    Signal.clearData(this);
  }

  private readonly _changed = new Signal<this, void>(this);
  private _hosts: IHosts | null = null;
  private _error = '';
  private _isBusy = false;
  private _turn = 0;
}
