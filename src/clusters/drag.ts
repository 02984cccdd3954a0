import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';

/** JupyterLab's MIME type for dragged or copied cells. */
const CELLS = 'application/vnd.jupyter.cells';
/** Movement in pixels below which a press is a click. */
const THRESHOLD = 5;

function dragImage(card: HTMLElement): HTMLElement {
  const image = card.cloneNode(true) as HTMLElement;
  image.classList.add('hrlab-mod-dragged');
  image.style.width = `${card.clientWidth}px`;
  return image;
}

/** Starts dragging a cell with this code into a notebook. */
export function dragCode(
  press: { readonly clientX: number; readonly clientY: number },
  card: HTMLElement,
  code: () => string
): void {
  const stop = () => {
    document.removeEventListener('mousemove', move, true);
    document.removeEventListener('mouseup', stop, true);
  };
  const move = (event: MouseEvent) => {
    const far =
      Math.abs(event.clientX - press.clientX) >= THRESHOLD ||
      Math.abs(event.clientY - press.clientY) >= THRESHOLD;
    if (!far) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    stop();
    void startDrag(event, card, code());
  };
  document.addEventListener('mousemove', move, true);
  document.addEventListener('mouseup', stop, true);
}

async function startDrag(
  event: MouseEvent,
  card: HTMLElement,
  source: string
): Promise<void> {
  const mimeData = new MimeData();
  const cell = {
    cell_type: 'code',
    source,
    outputs: [],
    execution_count: null,
    metadata: {}
  };
  mimeData.setData(CELLS, [cell]);
  mimeData.setData('text/plain', source);
  const drag = new Drag({
    mimeData,
    dragImage: dragImage(card),
    supportedActions: 'copy',
    proposedAction: 'copy',
    source: card
  });
  await drag.start(event.clientX, event.clientY);
  drag.dispose();
}
