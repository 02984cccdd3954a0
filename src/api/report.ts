import type { ServerConnection } from '@jupyterlab/services';
import { requestText } from './request';

/** What can be left out of a report. */
export const SECRETS = ['code', 'paths', 'user', 'host'] as const;
export type Secret = (typeof SECRETS)[number];

/** How a report compares its runs. */
export interface IReportQuery {
  readonly by?: string;
  readonly baseline?: string;
  readonly over?: string;
}

/** Returns the path of the report of a run or a comparison. */
export function reportPath(
  ids: readonly string[],
  keepBack: readonly Secret[],
  query: IReportQuery = {}
): string {
  const found = new URLSearchParams({ ...query, ids: ids.join(',') });
  if (keepBack.length > 0) {
    found.set('redact', keepBack.join(','));
  }
  return `report?${found.toString()}`;
}

/** Returns the report as a self-contained HTML page. */
export function requestReport(
  settings: ServerConnection.ISettings,
  ids: readonly string[],
  keepBack: readonly Secret[],
  query: IReportQuery = {}
): Promise<string> {
  return requestText(settings, reportPath(ids, keepBack, query));
}
