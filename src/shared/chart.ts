import type { IThemeManager } from '@jupyterlab/apputils';
import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { Message } from '@lumino/messaging';
import { Debouncer } from '@lumino/polling';
import { PanelLayout, Widget } from '@lumino/widgets';

export const VEGALITE = 'application/vnd.vegalite.v5+json';
// A truthy image/png makes the renderer skip its own PNG export.
const SKIP_PNG = 'skip';
const EMBED = { actions: false, renderer: 'svg' };
const NARROWEST = 80;
/** Name of the Vega parameter in hrlab/render's charts that holds their width. */
const PAGE_WIDTH = 'pageWidth';
const RESIZE_MS = 150;

/** Returns the MIME model for JupyterLab's renderer. */
export function chartModel(spec: PartialJSONObject): MimeModel {
  return new MimeModel({
    trusted: true,
    data: { [VEGALITE]: spec, 'image/png': SKIP_PNG },
    metadata: {
      [VEGALITE]: { embed_options: EMBED }
    }
  });
}

/** Returns the specification at a width, also set in the parts that depend on it. */
function atWidth(spec: PartialJSONObject, width: number): PartialJSONObject {
  const given = spec.params;
  const params = Array.isArray(given)
    ? given.map(one => {
        const known = one as PartialJSONObject | null;
        return known?.name === PAGE_WIDTH ? { ...known, value: width } : one;
      })
    : undefined;
  return { ...spec, width, ...(params ? { params } : {}) };
}

/**
 * A Vega-Lite chart drawn by JupyterLab's own renderer.
 *
 * The width is set as a number, since `container` measures 0 while hidden. The
 * next chart is drawn in a hidden renderer and swapped in, because the renderer
 * clears its node before drawing. Nothing is drawn while hidden.
 */
export class ChartWidget extends Widget {
  constructor(
    private readonly _rendermime: IRenderMimeRegistry,
    private readonly _theme: IThemeManager | null
  ) {
    super();
    this.addClass('hrlab-Chart');
    this.layout = new PanelLayout();
    this._theme?.themeChanged.connect(this._drawAgain, this);
  }

  /** Sets and draws the specification (without a width). */
  setSpec(spec: PartialJSONObject): void {
    this._spec = spec;
    this._drawAgain();
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._theme?.themeChanged.disconnect(this._drawAgain, this);
    this._resizer.dispose();
    super.dispose();
  }

  protected onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    void this._draw();
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.update();
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.update();
  }

  protected onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    if (this.node.clientWidth !== this._drawnWidth) {
      void this._resizer.invoke().catch(() => undefined);
    }
  }

  private _drawAgain(): void {
    this._drawnWidth = -1;
    this.update();
  }

  private async _draw(): Promise<void> {
    const width = this.node.clientWidth;
    if (
      !this._spec ||
      !this.isVisible ||
      width < NARROWEST ||
      width === this._drawnWidth
    ) {
      return;
    }
    if (this._busy) {
      this._again = true;
      return;
    }
    this._busy = true;
    this._drawnWidth = width;
    try {
      await this._swap(atWidth(this._spec, width - 16));
    } finally {
      this._busy = false;
    }
    if (this._again && !this.isDisposed) {
      this._again = false;
      this.update();
    }
  }

  private async _swap(spec: PartialJSONObject): Promise<void> {
    const next = this._rendermime.createRenderer(VEGALITE);
    next.addClass('hrlab-Chart-pending');
    (this.layout as PanelLayout).addWidget(next);
    await next.renderModel(chartModel(spec));
    if (this.isDisposed) {
      return;
    }
    this._shown?.dispose();
    this._shown = next;
    next.removeClass('hrlab-Chart-pending');
  }

  private _spec: PartialJSONObject | null = null;
  private _shown: IRenderMime.IRenderer | null = null;
  private _busy = false;
  private _again = false;
  private _drawnWidth = -1;
  private readonly _resizer = new Debouncer(() => this.update(), RESIZE_MS);
}
