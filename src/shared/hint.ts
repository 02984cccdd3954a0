/**
 * A multi-line tooltip, shown on hover and on focus.
 *
 * It is attached to the page's body, since cell outputs clip their overflow.
 */
export class Hint {
  show(anchor: Element, text: string): void {
    this.hide();
    const node = document.createElement('div');
    node.className = 'hrlab-Hint';
    node.setAttribute('role', 'tooltip');
    node.textContent = text;
    document.body.appendChild(node);
    const box = anchor.getBoundingClientRect();
    const { offsetHeight, offsetWidth } = node;
    const below = box.bottom + 4;
    const fits = below + offsetHeight <= window.innerHeight;
    const top = fits ? below : Math.max(0, box.top - offsetHeight - 4);
    const left = Math.min(box.left, window.innerWidth - offsetWidth - 8);
    node.style.top = `${top}px`;
    node.style.left = `${Math.max(4, left)}px`;
    this._node = node;
  }

  hide(): void {
    this._node?.remove();
    this._node = null;
  }

  private _node: HTMLElement | null = null;
}
