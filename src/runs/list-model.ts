import { ISignal, Signal } from '@lumino/signaling';
import type { IRunQuery, IRunSummary } from '../api';
import type { IRuns } from '../tokens';

export const PAGE_SIZE = 50;
const COALESCE_MS = 150;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60000;

/** Timers, so that tests need no sleep. */
export interface ITimers {
  set(callback: () => void, ms: number): number;
  clear(id: number): void;
}

const BROWSER: ITimers = {
  set: (callback, ms) => window.setTimeout(callback, ms),
  clear: id => window.clearTimeout(id)
};

/**
 * A long list of which only the part on screen is fetched.
 *
 * Pages are fetched when they come into view and again when the server says
 * that something changed; nothing is fetched while nobody looks.
 */
export class RunList {
  constructor(
    private readonly _runs: IRuns,
    private readonly _timers: ITimers = BROWSER
  ) {
    _runs.changed.connect(this.refresh, this);
  }

  /** The list, its size or its state changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** How many runs match; null until the server has said so. */
  get total(): number | null {
    return this._total;
  }

  /** What the server says of runs that would not outlive it. */
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

  /** The run in a row, or null while it is on its way. */
  row(index: number): IRunSummary | null {
    const page = this._pages.get(Math.floor(index / PAGE_SIZE));
    return page?.runs[index % PAGE_SIZE] ?? null;
  }

  /** The row of a run among the fetched ones, or -1. */
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

  /** Which rows are on screen; said again whenever they are drawn. */
  setWindow(first: number, last: number): void {
    const [before, until] = [this._first, this._last];
    this._first = Math.max(0, first);
    this._last = Math.max(this._first, last);
    const moved = this._first !== before || this._last !== until;
    // To draw that the server is away is no reason to ask it again: that has its own time.
    if (moved || this._error === null) {
      void this._load();
    }
  }

  /** Whether anybody looks. */
  setActive(active: boolean): void {
    this._active = active;
    if (active) {
      void this._load();
    } else {
      this._timers.clear(this._timer);
    }
  }

  /** Fetch what is on screen again, soon. */
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

  /** The first page on screen that is missing or out of date, or -1. */
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
      return; // the answer to an older question
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
  /** How often the list had become out of date when this page was asked for. */
  readonly asked: number;
}
