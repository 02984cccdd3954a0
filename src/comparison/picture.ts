import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { JSONObject, PartialJSONObject } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';
import { chartModel, VEGALITE } from '../shared/chart';

const SVG_TYPE = 'image/svg+xml';
/** Pixels of a PNG for each of the picture's: sharp in print. */
const PNG_SCALE = 3;
/** As wide as a page of text; half of it is a column of a paper. */
const PAPER_WIDTH = 600;
const INK = '#000';
const PAPER = '#fff';
const SVG = 'http://www.w3.org/2000/svg';
/** Texts outside of bars, which hrlab/render makes readable on light and dark alike. */
const TEXT_COLOUR = '#767676';

/** Black on white and in a font that every printer has, whatever the theme of the page. */
const PAPER_CONFIG = {
  font: 'Helvetica, Arial, sans-serif',
  axis: {
    labelColor: INK,
    titleColor: INK,
    domainColor: INK,
    tickColor: INK,
    gridColor: '#888',
    gridOpacity: 0.3,
    labelFontSize: 11,
    titleFontSize: 12
  },
  legend: { labelColor: INK, titleColor: INK, labelFontSize: 11 },
  title: { color: INK, subtitleColor: INK },
  view: { stroke: null }
};

function inked(part: unknown): unknown {
  if (Array.isArray(part)) {
    return part.map(inked);
  }
  if (typeof part !== 'object' || part === null) {
    return part;
  }
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === 'color' && value === TEXT_COLOUR
        ? INK
        : key === 'data'
          ? value
          : inked(value)
    ])
  );
}

/** A specification as it is printed. */
export function paperSpec(spec: PartialJSONObject): PartialJSONObject {
  return {
    ...(inked(spec) as JSONObject),
    background: PAPER,
    width: PAPER_WIDTH,
    config: PAPER_CONFIG
  };
}

/** The chart as a document of its own, the same on every screen. */
export async function paperSvg(
  spec: PartialJSONObject,
  rendermime: IRenderMimeRegistry
): Promise<string> {
  const desk = new Panel();
  desk.addClass('hrlab-Paper');
  Widget.attach(desk, document.body);
  try {
    const renderer = rendermime.createRenderer(VEGALITE);
    desk.addWidget(renderer);
    await renderer.renderModel(chartModel(paperSpec(spec)));
    const drawn = desk.node.querySelector('svg.marks');
    if (!drawn) {
      throw new Error('The chart could not be drawn.');
    }
    const copy = drawn.cloneNode(true) as SVGElement;
    copy.setAttribute('xmlns', SVG);
    // A style sheet's background is not one to who places the file in a text.
    const paper = document.createElementNS(SVG, 'rect');
    paper.setAttribute('width', '100%');
    paper.setAttribute('height', '100%');
    paper.setAttribute('fill', PAPER);
    copy.insertBefore(paper, copy.firstChild);
    return new XMLSerializer().serializeToString(copy);
  } finally {
    desk.dispose();
  }
}

export function svgBlob(text: string): Blob {
  return new Blob([text], { type: SVG_TYPE });
}

/** The same picture in pixels. */
export async function pngBlob(text: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:${SVG_TYPE};charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * PNG_SCALE;
  canvas.height = image.naturalHeight * PNG_SCALE;
  const context = canvas.getContext('2d');
  context?.scale(PNG_SCALE, PNG_SCALE);
  context?.drawImage(image, 0, 0);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      blob => (blob ? resolve(blob) : reject(new Error('no picture'))),
      'image/png'
    )
  );
}
