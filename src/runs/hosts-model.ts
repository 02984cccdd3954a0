import { ISignal, Signal } from '@lumino/signaling';
import { ApiError, IHosts } from '../api';
import type { IRuns } from '../tokens';

/** From here on a status says that the database failed, or who asks it. */
const BACKEND_FAILED = 502;

/** What the hosts of a run did, asked of the site's database when somebody looks. */
export class HostsModel {
  constructor(
    private readonly _runs: IRuns,
    private readonly _id: string
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The newest answer; null until there is one. */
  get hosts(): IHosts | null {
    return this._hosts;
  }

  /** Why there is none, in a sentence; empty where there is nothing to say. */
  get error(): string {
    return this._error;
  }

  get isBusy(): boolean {
    return this._isBusy;
  }

  /** Ask, or ask again. */
  async ask(): Promise<void> {
    const turn = ++this._turn;
    this._isBusy = true;
    this._changed.emit();
    let hosts: IHosts | null = null;
    let message = '';
    try {
      hosts = await this._runs.hosts(this._id);
    } catch (error) {
      // Anything else is hrlab's server's, of which the rest of the view tells.
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
