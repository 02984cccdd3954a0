import { ISignal, Signal } from '@lumino/signaling';
import type { IProgress, IProgressEnd, IProgressStart } from '../api';
import type { ILiveRun, ILiveRuns } from '../tokens';

/** Runs in progress in the kernels of this page. */
export class LiveRuns implements ILiveRuns {
  get changed(): ISignal<ILiveRuns, string> {
    return this._changed;
  }

  get shown(): ISignal<ILiveRuns, string> {
    return this._shown;
  }

  get(id: string): ILiveRun | undefined {
    return this._runs.get(id);
  }

  start(data: IProgressStart): void {
    this._set(data.run_id, { start: data, progress: null, end: null });
  }

  advance(data: IProgress): void {
    const run = this._runs.get(data.run_id);
    if (run && !run.end) {
      this._set(data.run_id, { ...run, progress: data });
    }
  }

  finish(data: IProgressEnd): void {
    const run = this._runs.get(data.run_id);
    if (run) {
      this._set(data.run_id, { ...run, end: data });
    }
  }

  forget(id: string): void {
    if (this._runs.delete(id)) {
      this._changed.emit(id);
    }
  }

  announceShown(id: string): void {
    this._shown.emit(id);
  }

  private _set(id: string, run: ILiveRun): void {
    this._runs.set(id, run);
    this._changed.emit(id);
  }

  private readonly _runs = new Map<string, ILiveRun>();
  private readonly _changed = new Signal<ILiveRuns, string>(this);
  private readonly _shown = new Signal<ILiveRuns, string>(this);
}
