import type { Widget } from '@lumino/widgets';

/**
 * Reports whether a widget is on screen, however it is shown or hidden.
 *
 * A restored side bar may show its panel without onAfterShow.
 */
export class OnScreen {
  constructor(
    widget: Widget,
    private readonly _told: (seen: boolean) => void
  ) {
    document.addEventListener('visibilitychange', this._tell);
    this._observer.observe(widget.node);
    widget.disposed.connect(this.dispose, this);
  }

  dispose(): void {
    document.removeEventListener('visibilitychange', this._tell);
    this._observer.disconnect();
  }

  private readonly _tell = (): void => {
    this._told(this._isOnScreen && !document.hidden);
  };

  private readonly _observer = new IntersectionObserver(entries => {
    this._isOnScreen = entries[entries.length - 1].isIntersecting;
    this._tell();
  });

  private _isOnScreen = false;
}
