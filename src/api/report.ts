import type { ServerConnection } from '@jupyterlab/services';
import { requestText } from './request';

/** What may be kept back from anything that leaves. */
export const SECRETS = ['code', 'paths', 'user', 'host'] as const;
export type Secret = (typeof SECRETS)[number];

/** How runs are compared in a report. */
export interface IReportQuery {
  readonly by?: string;
  readonly baseline?: string;
  readonly over?: string;
}

/** The address of the report of a run, or of runs compared. */
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

/** A page of HTML that stands alone. */
export function requestReport(
  settings: ServerConnection.ISettings,
  ids: readonly string[],
  keepBack: readonly Secret[],
  query: IReportQuery = {}
): Promise<string> {
  return requestText(settings, reportPath(ids, keepBack, query));
}
