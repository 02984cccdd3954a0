import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import type { IProfile, ISizing } from '../api';
import type { RunModel } from './model';
import type { WantedAdvice } from './advice-settings';
import { CommandIDs, IClusters, IExports } from '../tokens';
import { AdviceSection } from './advice';
import { Charts } from './charts';
import { Code } from './code';
import { Facts } from './facts';
import { Groups } from './groups';
import { RunHeader } from './header';
import { Sizing } from '../sizing/view';

export interface IRunViewOptions {
  readonly model: RunModel;
  readonly commands: CommandRegistry;
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
  readonly wanted: WantedAdvice;
  readonly clusters: IClusters | null;
  readonly exports: IExports | null;
  readonly onRename: (name: string) => void;
  /** Returns the available profiles. */
  readonly profiles: () => Promise<readonly IProfile[]>;
  /** Opens the new-cluster form with the recommendation; null if clusters are unavailable. */
  readonly onCreate: ((advice: ISizing, profile: string) => void) | null;
  /** Measures the run on several cluster sizes; null if unavailable. */
  readonly onMeasure: (() => void) | null;
}

/** View of a run: header, charts, groups, facts and code. */
export class RunView extends Panel {
  constructor(private readonly _options: IRunViewOptions) {
    super();
    const { commands, model, rendermime, trans } = _options;
    this._sizing = new Sizing(_options);
    this.addClass('hrlab-RunView');
    this.node.tabIndex = -1;
    this.node.dataset.hrlabView = model.id;
    this.addWidget(new RunHeader(_options));
    this.addWidget(new AdviceSection(_options));
    this.addWidget(new Charts(_options));
    this.addWidget(this._sizing);
    this.addWidget(new Groups({ model, trans }));
    this.addWidget(
      new Facts({
        ..._options,
        onCluster: id => void commands.execute(CommandIDs.showCluster, { id })
      })
    );
    this.addWidget(new Code(rendermime, model, trans));
  }

  get model(): RunModel {
    return this._options.model;
  }

  /** Scrolls the recommended cluster size into view. */
  showSizing(): void {
    this._sizing.reveal();
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._options.model.dispose();
    super.dispose();
  }

  protected onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.focus();
  }

  private readonly _sizing: Sizing;
}
