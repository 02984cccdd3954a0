import { ISignal, Signal } from '@lumino/signaling';
import { BROWSER_CLOCK, IClock } from './clock';

/** Events within this time are coalesced into one request. */
const COALESCE_MS = 300;
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 60000;

/**
 * State fetched from the server, again after each announced change; nothing is fetched while hidden.
 *
 * `freshSeconds` is the polling interval for state whose changes are not all
 * announced.
 */
export class Snapshot<T> {
  constructor(
    private readonly _fetch: () => Promise<T>,
    private readonly _source: ISignal<unknown, unknown>,
    private readonly _clock: IClock = BROWSER_CLOCK,
    private readonly _freshSeconds = Infinity
  ) {
    _source.connect(this.refresh, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Null until the first response. */
  get value(): T | null {
    return this._value;
  }

  /** The error of the last request, if it failed. */
  get error(): Error | null {
    return this._error;
  }

  /** Sets whether the content is visible; nothing is fetched while hidden. */
  setActive(active: boolean): void {
    if (active === this._active) {
      return;
    }
    this._active = active;
    this._clock.clear(this._timer);
    const age = this._clock.now() - this._askedAt;
    if (active && (this._stale || age >= this._freshSeconds)) {
      void this._load();
    } else {
      this._again();
    }
  }

  /** Schedules another request. */
  refresh(): void {
    this._stale = true;
    if (this._active) {
      this._later(COALESCE_MS);
    }
  }

  dispose(): void {
    this._active = false;
    this._clock.clear(this._timer);
    this._source.disconnect(this.refresh, this);
    Signal.clearData(this);
  }

  private _later(ms: number): void {
    this._clock.clear(this._timer);
    this._timer = this._clock.set(() => void this._load(), ms);
  }

  private async _load(): Promise<void> {
    if (this._busy || !this._active) {
      return; // the request in progress will see that it is stale
    }
    this._busy = true;
    this._stale = false;
    this._askedAt = this._clock.now();
    try {
      this._value = await this._fetch();
      this._error = null;
      this._retry = FIRST_RETRY_MS;
    } catch (error) {
      this._error = error instanceof Error ? error : new Error(String(error));
      this._stale = true;
    } finally {
      this._busy = false;
    }
    this._changed.emit();
    this._again();
  }

  private _again(): void {
    if (!this._active) {
      return;
    }
    if (!this._stale) {
      if (this._freshSeconds < Infinity) {
        this._later(1000 * this._freshSeconds);
      }
      return;
    }
    this._later(this._error ? this._retry : COALESCE_MS);
    if (this._error) {
      this._retry = Math.min(this._retry * 2, LONGEST_RETRY_MS);
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _value: T | null = null;
  private _error: Error | null = null;
  private _active = false;
  private _busy = false;
  private _stale = true;
  private _askedAt = 0;
  private _timer = 0;
  private _retry = FIRST_RETRY_MS;
}
