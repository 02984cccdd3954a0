import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { JSONObject, PartialJSONObject } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';
import { chartModel, VEGALITE } from '../shared/chart';

const SVG_TYPE = 'image/svg+xml';
/** Scale factor of the PNG, for sharp print. */
const PNG_SCALE = 3;
/** The width of a page of text, twice a column of a paper. */
const PAPER_WIDTH = 600;
const INK = '#000';
const PAPER = '#fff';
const SVG = 'http://www.w3.org/2000/svg';
/** Colour of text outside bars that hrlab/render uses for light and dark themes. */
const TEXT_COLOUR = '#767676';

/** Black on white in a standard font, regardless of the theme. */
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

/** Returns a specification styled for print. */
export function paperSpec(spec: PartialJSONObject): PartialJSONObject {
  return {
    ...(inked(spec) as JSONObject),
    background: PAPER,
    width: PAPER_WIDTH,
    config: PAPER_CONFIG
  };
}

/** Returns the chart as a standalone SVG document. */
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
    // Programs that embed the file ignore a CSS background.
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

/** Renders the same chart as PNG. */
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
