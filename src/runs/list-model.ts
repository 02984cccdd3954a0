import { ISignal, Signal } from '@lumino/signaling';
import type { IRunQuery, IRunSummary } from '../api';
import { BROWSER_CLOCK, IClock } from '../shared/clock';
import type { IRuns } from '../tokens';

export const PAGE_SIZE = 50;
const COALESCE_MS = 150;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60000;

/**
 * A long list of which only the visible part is fetched.
 *
 * Pages are fetched when they come into view and again when the server
 * announces a change; nothing is fetched while hidden.
 */
export class RunList {
  constructor(
    private readonly _runs: IRuns,
    private readonly _timers: Pick<IClock, 'set' | 'clear'> = BROWSER_CLOCK
  ) {
    _runs.changed.connect(this.refresh, this);
  }

  /** Emitted when the list, its size or its state changes. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Number of matching runs; null until the first response. */
  get total(): number | null {
    return this._total;
  }

  /** The server's warning that runs would be lost with it. */
  get storageWarning(): string {
    return this._storageWarning;
  }

  get error(): Error | null {
    return this._error;
  }

  get query(): IRunQuery {
    return this._query;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (this._disposed) {
      return;
    }
    this._disposed = true;
    this._timers.clear(this._timer);
    Signal.clearData(this);
  }

  /** Returns the run in a row, or null while it is loading. */
  row(index: number): IRunSummary | null {
    const page = this._pages.get(Math.floor(index / PAGE_SIZE));
    return page?.runs[index % PAGE_SIZE] ?? null;
  }

  /** Returns the row of a fetched run, or -1. */
  indexOf(id: string): number {
    for (const [number, page] of this._pages) {
      const at = page.runs.findIndex(run => run.id === id);
      if (at >= 0) {
        return number * PAGE_SIZE + at;
      }
    }
    return -1;
  }

  setQuery(query: IRunQuery): void {
    if (JSON.stringify(query) === JSON.stringify(this._query)) {
      return;
    }
    this._query = query;
    this._generation += 1;
    this._first = 0;
    this._last = 0;
    this._makeStale();
    void this._load();
  }

  /** Sets which rows are on screen; called after each rendering. */
  setWindow(first: number, last: number): void {
    const [before, until] = [this._first, this._last];
    this._first = Math.max(0, first);
    this._last = Math.max(this._first, last);
    const moved = this._first !== before || this._last !== until;
    // Rendering an error must not trigger another request; retries have their own timer.
    if (moved || this._error === null) {
      void this._load();
    }
  }

  /** Sets whether the content is visible; nothing is fetched while hidden. */
  setActive(active: boolean): void {
    this._active = active;
    if (active) {
      void this._load();
    } else {
      this._timers.clear(this._timer);
    }
  }

  /** Schedules fetching the rows on screen again. */
  refresh(): void {
    this._makeStale();
    if (this._active) {
      this._later(COALESCE_MS);
    }
  }

  private _makeStale(): void {
    this._asked += 1;
  }

  private _later(ms: number): void {
    this._timers.clear(this._timer);
    this._timer = this._timers.set(() => void this._load(), ms);
  }

  /** Returns the first page on screen that is missing or out of date, or -1. */
  private _nextPage(): number {
    const from = Math.floor(this._first / PAGE_SIZE);
    const last = Math.max(0, (this._total ?? 1) - 1);
    const to = Math.floor(Math.min(this._last, last) / PAGE_SIZE);
    for (let number = from; number <= to; number++) {
      const page = this._pages.get(number);
      if (!page || page.asked < this._asked) {
        return number;
      }
    }
    return -1;
  }

  private async _load(): Promise<void> {
    if (this._busy || !this._active || this._disposed) {
      return;
    }
    this._busy = true;
    try {
      for (let n = this._nextPage(); n >= 0; n = this._nextPage()) {
        await this._fetch(n);
        if (!this._active || this._disposed) {
          break;
        }
      }
      this._retry = FIRST_RETRY_MS;
    } catch (error) {
      this._fail(error);
    } finally {
      this._busy = false;
    }
  }

  private async _fetch(number: number): Promise<void> {
    const generation = this._generation;
    const asked = this._asked;
    const page = await this._runs.list(
      this._query,
      number * PAGE_SIZE,
      PAGE_SIZE
    );
    if (generation !== this._generation || this._disposed) {
      return; // response to an outdated request
    }
    if (this._shown !== generation) {
      this._pages.clear();
      this._shown = generation;
    }
    this._pages.set(number, { runs: page.runs, asked });
    this._total = page.total;
    this._storageWarning = page.storage_warning;
    this._error = null;
    this._dropFarPages();
    this._changed.emit();
  }

  private _dropFarPages(): void {
    const near = 4;
    const from = Math.floor(this._first / PAGE_SIZE) - near;
    const to = Math.floor(this._last / PAGE_SIZE) + near;
    for (const number of [...this._pages.keys()]) {
      if (number < from || number > to) {
        this._pages.delete(number);
      }
    }
  }

  private _fail(error: unknown): void {
    this._error = error instanceof Error ? error : new Error(String(error));
    if (this._disposed) {
      return;
    }
    this._changed.emit();
    if (this._active) {
      this._later(this._retry);
      this._retry = Math.min(this._retry * 2, LONGEST_RETRY_MS);
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _pages = new Map<number, IPage>();
  private _query: IRunQuery = {};
  private _total: number | null = null;
  private _storageWarning = '';
  private _error: Error | null = null;
  private _first = 0;
  private _last = PAGE_SIZE - 1;
  private _active = false;
  private _busy = false;
  private _disposed = false;
  private _asked = 0;
  private _generation = 0;
  private _shown = 0;
  private _timer = 0;
  private _retry = FIRST_RETRY_MS;
}

interface IPage {
  readonly runs: readonly IRunSummary[];
  /** Value of the staleness counter when this page was requested. */
  readonly asked: number;
}
