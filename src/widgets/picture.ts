const SVG_TYPE = 'image/svg+xml';
/** Pixels of a PNG for each of the screen's: sharp in print. */
const PNG_SCALE = 3;

/** The drawn chart in `node` as a document of its own, on the page's colour: a dark theme's text is light. */
export function svgOf(node: HTMLElement): string | null {
  const drawn = node.querySelector('svg.marks') ?? node.querySelector('svg');
  if (!drawn) {
    return null;
  }
  const copy = drawn.cloneNode(true) as SVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  paper.setAttribute('width', '100%');
  paper.setAttribute('height', '100%');
  const { backgroundColor } = getComputedStyle(
    node.closest('.hrlab-RunView') ?? document.body
  );
  paper.setAttribute('fill', backgroundColor || '#fff');
  copy.insertBefore(paper, copy.firstChild);
  return new XMLSerializer().serializeToString(copy);
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
