/** Timers, so that tests need no sleep. */
export interface IClock {
  set(callback: () => void, ms: number): number;
  clear(id: number): void;
  /** UTC epoch seconds. */
  now(): number;
}

export const BROWSER_CLOCK: IClock = {
  set: (callback, ms) => window.setTimeout(callback, ms),
  clear: id => window.clearTimeout(id),
  now: () => Date.now() / 1000
};
