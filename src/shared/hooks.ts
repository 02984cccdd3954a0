import type { ISignal } from '@lumino/signaling';
import { useEffect, useReducer } from 'react';

/**
 * Renders again whenever one of the signals is emitted.
 *
 * On a busy page, effects run some time after rendering; rendering once more
 * picks up signals emitted in between.
 */
export function useSignals(
  ...signals: readonly ISignal<unknown, unknown>[]
): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    for (const signal of signals) {
      signal.connect(again);
    }
    again();
    return () => {
      for (const signal of signals) {
        signal.disconnect(again);
      }
    };
  }, signals);
}

/** Renders again at an interval, for times relative to now. */
export function useTicks(milliseconds: number): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const id = window.setInterval(again, milliseconds);
    return () => window.clearInterval(id);
  }, [milliseconds]);
}
