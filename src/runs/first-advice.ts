import type { IFinding, IRunRecord } from '../api';

/** At most one line of advice or warning about a run. */
export interface IAdvice {
  readonly code: string;
  readonly text: string;
}

/**
 * A warning of the recorder comes first, then the most important advice that
 * is wanted; most runs need neither.
 */
export function adviceFor(
  run: IRunRecord,
  found: readonly IFinding[],
  off: readonly string[] = []
): IAdvice | null {
  const warning = run.warnings[0];
  if (warning) {
    return { code: warning.code, text: warning.message || warning.code };
  }
  return found.find(finding => !off.includes(finding.code)) ?? null;
}
