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
  /** What may be created here. */
  readonly profiles: () => Promise<readonly IProfile[]>;
  /** Open the form of a new cluster with what is advised; null where there is none. */
  readonly onCreate: ((advice: ISizing, profile: string) => void) | null;
  /** Measure the run on several sizes; null where nothing can be. */
  readonly onMeasure: (() => void) | null;
}

/** One run: head, charts, groups, facts and code. */
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

  /** Bring the advice on the size of the cluster into view. */
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
