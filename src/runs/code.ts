import { IRenderMimeRegistry, MimeModel } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import type { RunModel } from './model';

const MARKDOWN = 'text/markdown';

/** Returns code as a Markdown block with a fence longer than any in the code. */
function fenced(code: string): string {
  const longest = Math.max(
    2,
    ...(code.match(/`+/g) ?? []).map(ticks => ticks.length)
  );
  const fence = '`'.repeat(longest + 1);
  return `${fence}python\n${code}\n${fence}`;
}

/** The code of a run, highlighted by JupyterLab's Markdown renderer. */
export class Code extends Panel {
  constructor(
    private readonly _rendermime: IRenderMimeRegistry,
    model: RunModel,
    trans: TranslationBundle
  ) {
    super();
    this.addClass('hrlab-Code');
    const head = document.createElement('h3');
    head.textContent = trans.__('Code');
    this.addWidget(new Widget({ node: head }));
    model.changed.connect(this._refresh, this);
    this.hide();
  }

  private _refresh(model: RunModel): void {
    const code = model.record?.source.code ?? '';
    this.setHidden(code === '');
    if (code === this._code) {
      return;
    }
    this._code = code;
    const next = this._rendermime.createRenderer(MARKDOWN);
    this._shown?.dispose();
    this._shown = next;
    this.addWidget(next);
    void next.renderModel(
      new MimeModel({ data: { [MARKDOWN]: fenced(code) } })
    );
  }

  private _shown: Widget | null = null;
  private _code = '';
}
