import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { Labels, labelsFromText, labelsToText, wrongLabels } from './labels';

/** A text field for labels with validation messages below. */
class LabelsBody extends Widget implements Dialog.IBodyWidget<string> {
  constructor(
    labels: Labels,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('hrlab-AskLabels');
    const label = document.createElement('label');
    label.textContent = _trans.__('Labels as name=value, separated by commas');
    this._field.className = 'jp-mod-styled';
    this._field.value = labelsToText(labels);
    this._field.placeholder = _trans.__('detector=IDEA, slot=booked');
    label.appendChild(this._field);
    this._problem.className = 'hrlab-AskLabels-problem';
    this._problem.setAttribute('role', 'alert');
    this.node.append(label, this._problem);
    this._field.addEventListener('input', () => {
      if (this._problem.textContent) {
        this.check();
      }
    });
  }

  getValue(): string {
    return this._field.value;
  }

  /** Shows which parts are not labels; returns whether all are valid. */
  check(): boolean {
    const wrong = wrongLabels(this._field.value);
    this._problem.textContent =
      wrong.length > 0
        ? this._trans.__(
            'Not a label: %1. Write name=value, for example slot=booked.',
            wrong.map(part => `“${part}”`).join(', ')
          )
        : '';
    this._field.setAttribute('aria-invalid', String(wrong.length > 0));
    return wrong.length === 0;
  }

  focus(): void {
    this._field.focus();
  }

  private readonly _field = document.createElement('input');
  private readonly _problem = document.createElement('p');
}

const SAVE = 1;

/** Stays open while a label is invalid, so that no input is lost. */
class LabelsDialog extends Dialog<string> {
  constructor(
    title: string,
    private readonly _labels: LabelsBody,
    trans: TranslationBundle
  ) {
    super({
      title,
      body: _labels,
      focusNodeSelector: 'input',
      defaultButton: SAVE,
      buttons: [
        Dialog.cancelButton(),
        Dialog.okButton({ label: trans.__('Save') })
      ]
    });
  }

  resolve(index: number = SAVE): void {
    if (index === SAVE && !this._labels.check()) {
      this._labels.focus();
      return;
    }
    super.resolve(index);
  }
}

/** Asks for labels; null if the user cancels. */
export async function askLabels(
  title: string,
  labels: Labels,
  trans: TranslationBundle
): Promise<Labels | null> {
  const body = new LabelsBody(labels, trans);
  const { button, value } = await new LabelsDialog(title, body, trans).launch();
  return button.accept ? labelsFromText(value ?? '') : null;
}
