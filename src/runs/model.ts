import { ISignal, Signal } from '@lumino/signaling';
import { ApiError, IFigures, IRunRecord } from '../api';
import type { IRuns } from '../tokens';

/** A run shown in a view, fetched again when it changes. */
export class RunModel {
  constructor(
    readonly runs: IRuns,
    readonly id: string,
    /** Record to use if the server does not have the run. */
    private readonly _fallback: IRunRecord | null = null
  ) {
    runs.changed.connect(this._onChanged, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the figures are loaded, after the record. */
  get derived(): ISignal<this, void> {
    return this._derived;
  }

  get record(): IRunRecord | null {
    return this._record;
  }

  get error(): Error | null {
    return this._error;
  }

  /** Figures derived from the record, if the server has the run. */
  get figures(): IFigures | null {
    return this._figures;
  }

  /** Whether the record comes from a cell's output and not from the server. */
  get isBorrowed(): boolean {
    return this._record !== null && this._record === this._fallback;
  }

  /** Whether the run has been deleted from the server. */
  get isGone(): boolean {
    return this._gone;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      Signal.clearData(this);
    }
  }

  async refresh(): Promise<void> {
    try {
      this._record = await this.runs.get(this.id);
      this._error = null;
      this._kept = true;
    } catch (error) {
      this._fail(error);
    }
    if (!this._disposed) {
      this._changed.emit();
    }
    await this._derive();
  }

  private async _derive(): Promise<void> {
    const known = this._record !== null && !this.isBorrowed;
    // The record is shown even without them.
    this._figures = known
      ? await this.runs.figures(this.id).catch(() => null)
      : null;
    if (this._figures && !this._disposed) {
      this._derived.emit();
    }
  }

  private _fail(error: unknown): void {
    const missing = error instanceof ApiError && error.status === 404;
    this._gone = missing && this._kept;
    this._error = error instanceof Error ? error : new Error(String(error));
    if (missing) {
      this._record = this._fallback;
    }
  }

  private _onChanged(_: IRuns, ids: readonly string[]): void {
    if (ids.length === 0 || ids.includes(this.id)) {
      void this.refresh();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _derived = new Signal<this, void>(this);
  private _figures: IFigures | null = null;
  private _record: IRunRecord | null = null;
  private _error: Error | null = null;
  private _kept = false;
  private _gone = false;
  private _disposed = false;
}
