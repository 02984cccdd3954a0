import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IChart } from '../api';
import { tableAsCsv } from './model';
import { ChartCard } from '../shared/chart-card';
import { download } from '../shared/download';
import { paperSvg, pngBlob, svgBlob } from './picture';

const KINDS = ['PNG', 'SVG', 'CSV'] as const;
type Kind = (typeof KINDS)[number];

export interface IPictureCardOptions {
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
  readonly title: string;
  /** Identifies the chart in its file name. */
  readonly name: string;
  readonly onTrouble: (error: unknown) => void;
}

/** A chart with its data and download buttons. */
export class PictureCard extends ChartCard {
  constructor(private readonly _options: IPictureCardOptions) {
    super({ ..._options, label: _options.title });
    this.addBelowChart(ReactWidget.create(this._buttons()));
  }

  setChart(picture: IChart | null): void {
    this._picture = picture;
    super.setChart(picture);
  }

  private _buttons(): JSX.Element {
    const { trans, title, onTrouble } = this._options;
    return (
      <div className="hrlab-Compare-export" role="group">
        {KINDS.map(kind => (
          <button
            key={kind}
            className="jp-Button jp-mod-styled jp-mod-minimal hrlab-Button"
            title={trans.__('Download “%1” as %2', title, kind)}
            onClick={() => void this._download(kind).catch(onTrouble)}
          >
            {kind}
          </button>
        ))}
      </div>
    );
  }

  private async _download(kind: Kind): Promise<void> {
    const picture = this._picture;
    if (!picture) {
      return;
    }
    const name = `comparison-${this._options.name}.${kind.toLowerCase()}`;
    if (kind === 'CSV') {
      const text = tableAsCsv(picture);
      download(new Blob([text], { type: 'text/csv' }), name);
      return;
    }
    const svg = await paperSvg(picture.spec, this._options.rendermime);
    download(kind === 'SVG' ? svgBlob(svg) : await pngBlob(svg), name);
  }

  private _picture: IChart | null = null;
}
