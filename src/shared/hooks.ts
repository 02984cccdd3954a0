import type { ISignal } from '@lumino/signaling';
import { useEffect, useReducer } from 'react';

/**
 * Render again whenever one of the signals is emitted.
 *
 * Effects come a while after what was drawn, on a busy page: what is emitted in
 * between is heard of by drawing once more.
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

/** Render again every so often, for times relative to now. */
export function useTicks(milliseconds: number): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const id = window.setInterval(again, milliseconds);
    return () => window.clearInterval(id);
  }, [milliseconds]);
}
