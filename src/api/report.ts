import type { ServerConnection } from '@jupyterlab/services';
import { requestText } from './request';

/** What may be kept back from anything that leaves. */
export const SECRETS = ['code', 'paths', 'user', 'host'] as const;
export type Secret = (typeof SECRETS)[number];

/** The address of the report of a run, or of runs compared. */
export function reportPath(
  ids: readonly string[],
  keepBack: readonly Secret[]
): string {
  const found = new URLSearchParams({ ids: ids.join(',') });
  if (keepBack.length > 0) {
    found.set('redact', keepBack.join(','));
  }
  return `report?${found.toString()}`;
}

/** A page of HTML that stands alone. */
export function requestReport(
  settings: ServerConnection.ISettings,
  ids: readonly string[],
  keepBack: readonly Secret[]
): Promise<string> {
  return requestText(settings, reportPath(ids, keepBack));
}
