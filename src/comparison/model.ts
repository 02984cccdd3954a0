import { ISignal, Signal } from '@lumino/signaling';
import type { IComparison, IComparisonQuery, ITable } from '../api';
import type { IRuns } from '../tokens';

/** State of a comparison: runs, grouping, baseline. */
export class ComparisonModel {
  constructor(
    private readonly _runs: IRuns,
    private _query: IComparisonQuery
  ) {
    _runs.changed.connect(this._onChanged, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get query(): IComparisonQuery {
    return this._query;
  }

  get comparison(): IComparison | null {
    return this._comparison;
  }

  get error(): string | null {
    return this._error;
  }

  dispose(): void {
    this._turn = -1;
    Signal.clearData(this);
  }

  /** Changes the grouping and resets the baseline. */
  groupBy(by: string): Promise<void> {
    const chosenAnew = { baseline: undefined, over: undefined };
    this._query = { ...this._query, ...chosenAnew, by };
    return this.refresh();
  }

  /** Sets whether efficiency is relative to threads or workers. */
  setOver(over: string): Promise<void> {
    this._query = { ...this._query, over };
    return this.refresh();
  }

  /** Changes the origin of the time axis for two runs' hardware use. */
  setSince(since: string): Promise<void> {
    this._query = { ...this._query, since };
    return this.refresh();
  }

  /** Changes the baseline group. */
  setBaseline(baseline: string): Promise<void> {
    this._query = { ...this._query, baseline };
    return this.refresh();
  }

  /** Fetches the comparison; only the latest request counts. */
  async refresh(): Promise<void> {
    const turn = ++this._turn;
    let comparison: IComparison | null = null;
    let error: string | null = null;
    try {
      comparison = await this._runs.compare(this._query);
    } catch (reason) {
      error = reason instanceof Error ? reason.message : String(reason);
    }
    if (turn === this._turn) {
      this._comparison = comparison;
      this._error = error;
      this._changed.emit();
    }
  }

  private _onChanged(_: IRuns, ids: readonly string[]): void {
    const mine = this._query.ids;
    const { like, previous } = this._query;
    // A comparison by code can include any run.
    if (!ids.length || like || previous || ids.some(id => mine.includes(id))) {
      void this.refresh();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private _comparison: IComparison | null = null;
  private _error: string | null = null;
  private _turn = 0;
}

function csvCell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  // Keep spreadsheets from interpreting a name as a formula.
  const safe =
    /^[=+\-@\t\r]/.test(text) && isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Returns a table (or a chart's data) as CSV with units in the header. */
export function tableAsCsv(table: ITable): string {
  const head = table.columns.map(column =>
    csvCell(
      (column.label || column.name) + (column.unit ? ` (${column.unit})` : '')
    )
  );
  const rows = table.rows.map(row => row.map(csvCell).join(','));
  return [head.join(','), ...rows, ''].join('\r\n');
}
