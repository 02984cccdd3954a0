import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** A multi-line text field in a dialog. */
class TextBody extends Widget implements Dialog.IBodyWidget<string> {
  constructor(text: string, label: string) {
    super();
    this.addClass('hrlab-AskText');
    this._area.className = 'jp-mod-styled';
    this._area.rows = 5;
    this._area.value = text;
    this._area.setAttribute('aria-label', label);
    this.node.appendChild(this._area);
  }

  getValue(): string {
    return this._area.value;
  }

  private readonly _area = document.createElement('textarea');
}

/** Asks for a text; null if the user cancels. */
export async function askText(
  title: string,
  text: string,
  trans: TranslationBundle
): Promise<string | null> {
  const result = await showDialog<string>({
    title,
    body: new TextBody(text, title),
    focusNodeSelector: 'textarea',
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Save') })
    ]
  });
  return result.button.accept ? (result.value ?? '') : null;
}
