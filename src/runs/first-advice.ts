import type { IFinding, IRunRecord } from '../api';

/** One line of advice or warning about a run. */
export interface IAdvice {
  readonly code: string;
  readonly text: string;
}

/**
 * Returns the recorder's warning, or else the most important enabled advice;
 * most runs have neither.
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
