import type { IJupyterLabPageFixture } from '@jupyterlab/galata';
import type { Locator } from '@playwright/test';
import { execFileSync } from 'child_process';
import { readFileSync } from 'fs';
import { join } from 'path';

const PYTHON = process.env.HRLAB_PYTHON ?? 'python';
const STORE = join(__dirname, '..', 'store.py');

/** Fills, extends or clears the store without the server. */
export function store(...args: readonly string[]): void {
  execFileSync(PYTHON, [STORE, ...args], { stdio: 'inherit' });
}

/** The parts of a notebook's widget used inside the page. */
interface INotebook {
  readonly sessionContext: {
    readonly session: {
      readonly kernel: { readonly status: string } | null;
    } | null;
  };
}

const code = (source: string, index: number) => ({
  cell_type: 'code',
  id: `cell-${index}`,
  metadata: {},
  execution_count: null,
  outputs: [],
  source
});

/** Page object of hrlab in JupyterLab. */
export class HrlabPage {
  constructor(
    readonly page: IJupyterLabPageFixture,
    readonly folder: string
  ) {}

  get panel(): Locator {
    return this.page.locator('#hrlab-panel');
  }

  get rows(): Locator {
    return this.panel.locator('.hrlab-RunRow[data-hrlab-run]');
  }

  get list(): Locator {
    return this.panel.locator('.hrlab-RunList');
  }

  get view(): Locator {
    return this.page.locator('.hrlab-RunView:visible');
  }

  get results(): Locator {
    return this.page.locator('.jp-Notebook .jp-OutputArea .hrlab-Result');
  }

  get progress(): Locator {
    return this.page.locator('.jp-Notebook .hrlab-Progress');
  }

  get notification(): Locator {
    return this.page.locator('.Toastify__toast');
  }

  row(name: string): Locator {
    return this.rows.filter({ hasText: name });
  }

  /** Reloads as a user does; Galata's reload waits for the launcher to be active. */
  async reload(): Promise<void> {
    await this.page.waitForTimeout(1500); // JupyterLab saves its layout with a delay
    await Promise.all([
      this.page.waitForEvent('load'),
      this.page.evaluate(() => window.location.reload())
    ]);
    await this.page
      .locator('#jupyterlab-splash')
      .waitFor({ state: 'detached' });
  }

  async execute(
    command: string,
    args: Readonly<Record<string, string>> = {}
  ): Promise<void> {
    await this.page.evaluate(
      ({ id, given }) => {
        void window.jupyterapp.commands.execute(id, given);
      },
      { id: command, given: args }
    );
  }

  async openPanel(): Promise<void> {
    await this.page.sidebar.openTab('hrlab-panel');
    await this.panel.waitFor();
  }

  /** Opens a new notebook with these code cells. */
  async openNotebook(
    cells: readonly string[],
    { name = 'timed.ipynb', kernel = 'python3' } = {}
  ): Promise<void> {
    const notebook = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: kernel, display_name: kernel } },
      cells: cells.map(code)
    };
    const path = `${this.folder}/${name}`;
    await this.page.contents.uploadContent(
      JSON.stringify(notebook),
      'text',
      path
    );
    await this.execute('docmanager:open', { path });
    await this.page
      .locator('.jp-NotebookPanel:visible .jp-CodeCell')
      .nth(cells.length - 1)
      .waitFor();
    await this.page
      .locator('#jp-main-statusbar >> text=/Idle/')
      .waitFor({ timeout: 30_000 });
    await this.page.waitForFunction(
      name => {
        const { shell } = window.jupyterapp;
        const panel = [...shell.widgets('main')].find(
          widget => widget.isVisible && widget.title.label === name
        ) as INotebook | undefined;
        return panel?.sessionContext.session?.kernel?.status === 'idle';
      },
      name,
      { timeout: 30_000 }
    );
  }

  /** Opens `examples/zee.ipynb`, scaled down to a hundredth, beside its module. */
  async openRepositoryExample(): Promise<void> {
    const examples = join(__dirname, '..', '..', 'examples');
    const read = (name: string) => readFileSync(join(examples, name), 'utf-8');
    await this.page.contents.uploadContent(
      read('zee.py'),
      'text',
      `${this.folder}/zee.py`
    );
    const notebook = read('zee.ipynb')
      .replace('REPLICAS = 200', 'REPLICAS = 2')
      .replace('VARIATIONS = 100', 'VARIATIONS = 5');
    const path = `${this.folder}/zee.ipynb`;
    await this.page.contents.uploadContent(notebook, 'text', path);
    await this.execute('docmanager:open', { path });
    await this.page
      .locator('.jp-NotebookPanel:visible .jp-CodeCell')
      .first()
      .waitFor();
  }

  cell(index: number): Locator {
    return this.page
      .locator('.jp-NotebookPanel:visible .jp-CodeCell')
      .nth(index);
  }

  async select(index: number): Promise<void> {
    await this.cell(index).locator('.jp-InputPrompt').click();
  }

  /** Runs a cell as usual. */
  async runUntimed(index: number): Promise<void> {
    await this.select(index);
    await this.page.keyboard.press('Control+Enter');
  }

  /** Presses the stopwatch in the notebook's toolbar. */
  async pressTiming(index: number): Promise<void> {
    await this.select(index);
    await this.page
      .locator(
        '.jp-NotebookPanel:visible [data-jp-item-name="hrlab-run-with-timing"] jp-button'
      )
      .click();
  }

  /** Chooses an entry of a row's context menu. */
  async chooseInMenu(row: Locator, entry: string): Promise<void> {
    await row.click({ button: 'right' });
    await this.page.locator('.lm-Menu').waitFor();
    await this.page
      .locator('.lm-Menu-itemLabel', { hasText: entry })
      .first()
      .click();
  }

  async accept(): Promise<void> {
    await this.page.locator('.jp-Dialog .jp-mod-accept').click();
    await this.page.locator('.jp-Dialog').waitFor({ state: 'detached' });
  }

  async picture(name: string): Promise<void> {
    await this.page.waitForTimeout(800); // notifications slide in
    await this.page.screenshot({ path: `test-results/${name}.png` });
  }

  /** Sets the width of the left side bar. */
  async setPanelWidth(width: number): Promise<void> {
    const handle = this.page.locator(
      '#jp-main-split-panel > .lm-SplitPanel-handle:visible'
    );
    const box = await handle.first().boundingBox();
    const panel = await this.page.locator('#jp-left-stack').boundingBox();
    if (!box || !panel) {
      throw new Error('The side bar is not open.');
    }
    const y = box.y + 300;
    await this.page.mouse.move(box.x + box.width / 2, y);
    await this.page.mouse.down();
    await this.page.mouse.move(panel.x + width, y, { steps: 5 });
    await this.page.mouse.up();
  }
}
