import type { ServerConnection } from '@jupyterlab/services';
import type { PartialJSONObject } from '@lumino/coreutils';
import { ChartView, IChart, readChart } from './chart';
import {
  comparisonPath,
  IComparison,
  IComparisonQuery,
  readComparison
} from './comparison';
import { IFigures, readFigures } from './figures';
import { IHosts, readHosts } from './hosts';
import { IRunRecord, readRecord } from './record';
import { requestAPI } from './request';
import { ISizing, ISizingQuestion, requestSizing } from './sizing';
import { IRunPage, IRunSummary, readPage, readSummary } from './summary';

/** Filter of a list of runs; an absent field does not filter. */
export interface IRunQuery {
  readonly text?: string;
  readonly notebook?: string;
  readonly labels?: readonly string[];
  readonly status?: string;
}

/** The fields of a run that a user can change. */
export interface IRunPatch {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly note?: string;
  readonly deleted?: false;
}

/** Returns the query string for one page of runs. */
export function queryOf(
  query: IRunQuery,
  offset: number,
  limit: number
): string {
  const found = new URLSearchParams({
    offset: String(offset),
    limit: String(limit)
  });
  if (query.text) {
    found.set('text', query.text);
  }
  if (query.notebook) {
    found.set('notebook', query.notebook);
  }
  if (query.status) {
    found.set('status', query.status);
  }
  for (const label of query.labels ?? []) {
    found.append('label', label);
  }
  return found.toString();
}

/** Client for the server's `runs` endpoints. */
export class RunService {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async list(
    query: IRunQuery,
    offset: number,
    limit: number
  ): Promise<IRunPage> {
    return readPage(await this._call(`runs?${queryOf(query, offset, limit)}`));
  }

  async get(id: string): Promise<IRunRecord> {
    return readRecord(await this._call(this._path(id)));
  }

  async put(record: PartialJSONObject): Promise<void> {
    await this._call(this._path(String(record.id)), 'PUT', record);
  }

  async patch(id: string, patch: IRunPatch): Promise<IRunSummary> {
    return readSummary(await this._call(this._path(id), 'PATCH', patch));
  }

  async remove(id: string): Promise<void> {
    await this._call(this._path(id), 'DELETE');
  }

  async chart(id: string, view: ChartView): Promise<IChart> {
    return readChart(await this._call(`${this._path(id)}/chart?view=${view}`));
  }

  async figures(id: string): Promise<IFigures> {
    return readFigures(await this._call(`${this._path(id)}/figures`));
  }

  async hosts(id: string): Promise<IHosts> {
    return readHosts(await this._call(`${this._path(id)}/hosts`));
  }

  async compare(query: IComparisonQuery): Promise<IComparison> {
    return readComparison(await this._call(comparisonPath(query)));
  }

  size(question: ISizingQuestion): Promise<ISizing> {
    return requestSizing(this._settings, question);
  }

  private _path(id: string): string {
    return `runs/${encodeURIComponent(id)}`;
  }

  private _call(path: string, method = 'GET', body?: object): Promise<unknown> {
    return requestAPI(this._settings, path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {})
    });
  }
}
