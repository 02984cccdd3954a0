/** Timers and time, replaced by a fake in tests. */
export interface IClock {
  set(callback: () => void, ms: number): number;
  clear(id: number): void;
  /** Returns UTC epoch seconds. */
  now(): number;
}

export const BROWSER_CLOCK: IClock = {
  set: (callback, ms) => window.setTimeout(callback, ms),
  clear: id => window.clearTimeout(id),
  now: () => Date.now() / 1000
};
