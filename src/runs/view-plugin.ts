import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  CommandToolbarButton,
  IThemeManager,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { IRunRecord, ISizing, readRecord } from '../api';
import { advisedOptions } from '../clusters/advice-model';
import { RunModel } from './model';
import { WantedAdvice } from './advice-settings';
import { CommandIDs, IClusters, IExports, IRuns } from '../tokens';
import { hrlabIcon, sizeIcon } from '../shared/icons';
import { RunView } from './view';
import { describedBy } from '../shared/describe';
import { notifyFailure } from '../shared/notify';
import { runIdOf } from '../shared/target';

type Document = MainAreaWidget<RunView>;

const OPEN_ARGS = describedBy({
  id: { type: 'string', description: 'The id of the run.' },
  record: {
    type: 'object',
    description: 'The record, shown if the server does not have the run.'
  }
});

const QUESTIONS = [
  CommandIDs.comparePrevious,
  CommandIDs.compareEarlier,
  CommandIDs.sizeRun,
  CommandIDs.measureScaling
];

/** Commands shown as icons only; with labels the toolbar would not fit. */
const ICONS = [
  CommandIDs.openCell,
  CommandIDs.copyRun,
  CommandIDs.exportRun,
  CommandIDs.saveReport,
  CommandIDs.deleteRun
];

interface IParts {
  readonly app: JupyterFrontEnd;
  readonly runs: IRuns;
  readonly wanted: WantedAdvice;
  readonly clusters: IClusters | null;
  readonly exports: IExports | null;
  readonly rendermime: IRenderMimeRegistry;
  readonly theme: IThemeManager | null;
  readonly trans: TranslationBundle;
}

/** Opens the new-cluster form with the recommendation for a run. */
function createAs(
  run: string,
  advice: ISizing,
  profile: string,
  { app }: IParts
): void {
  void app.commands.execute(CommandIDs.newCluster, {
    run,
    ...(profile ? { profile } : {}),
    options: profile ? advisedOptions(advice) : { workers: advice.workers }
  });
}

function makeView(model: RunModel, parts: IParts): RunView {
  const { app, runs, trans } = parts;
  return new RunView({
    ...parts,
    model,
    commands: app.commands,
    profiles: async () => (await parts.clusters?.profiles())?.profiles ?? [],
    onCreate: app.commands.hasCommand(CommandIDs.newCluster)
      ? (advice, profile) => createAs(model.id, advice, profile, parts)
      : null,
    onMeasure: app.commands.hasCommand(CommandIDs.measureScaling)
      ? () =>
          void app.commands.execute(CommandIDs.measureScaling, {
            id: model.id
          })
      : null,
    onRename: name => {
      runs
        .patch(model.id, { name })
        .catch(error =>
          notifyFailure(trans.__('Could not rename the run.'), error, trans)
        );
    }
  });
}

function makeDocument(
  id: string,
  fallback: IRunRecord | null,
  parts: IParts
): Document {
  const model = new RunModel(parts.runs, id, fallback);
  const content = makeView(model, parts);
  const widget = new MainAreaWidget({ content });
  widget.addClass('hrlab-RunDocument');
  widget.id = `hrlab-run-${id}`;
  widget.title.icon = hrlabIcon;
  widget.title.closable = true;
  widget.title.label = parts.trans.__('Run');
  const { commands } = parts.app;
  for (const command of QUESTIONS) {
    widget.toolbar.addItem(
      command.replace(':', '-'),
      new CommandToolbarButton({ commands, id: command, args: { id } })
    );
  }
  for (const command of ICONS) {
    widget.toolbar.addItem(
      command.replace(':', '-'),
      new CommandToolbarButton({
        commands,
        id: command,
        args: { id },
        label: ''
      })
    );
  }
  model.changed.connect(() => {
    if (model.isGone) {
      widget.dispose();
      return;
    }
    widget.title.label = model.record?.name ?? parts.trans.__('Run');
    widget.title.caption = widget.title.label;
  });
  void model.refresh();
  return widget;
}

function recordOf(value: unknown): IRunRecord | null {
  try {
    return value ? readRecord(value) : null;
  } catch {
    return null;
  }
}

/** Shows a document; Notebook 7, which shows one at a time, opens it in the side area. */
function reveal(app: JupyterFrontEnd, widget: Document, isLab: boolean): void {
  if (!widget.isAttached) {
    app.shell.add(widget, isLab ? 'main' : 'right');
  }
  app.shell.activateById(widget.id);
}

function addOpenCommand(
  parts: IParts,
  tracker: WidgetTracker<Document>,
  isLab: boolean
): void {
  const { app, trans } = parts;
  app.commands.addCommand(CommandIDs.openRun, {
    label: trans.__('Open Run'),
    caption: trans.__('Open this run with its charts'),
    icon: hrlabIcon,
    describedBy: OPEN_ARGS,
    execute: async args => {
      const id = runIdOf(app, args);
      if (!id) {
        return;
      }
      const open = tracker.find(found => found.content.model.id === id);
      const widget = open ?? makeDocument(id, recordOf(args.record), parts);
      if (!open) {
        await tracker.add(widget);
      }
      reveal(app, widget, isLab);
    }
  });
}

/** Adds the command that recommends a cluster size in a run's view. */
function addSizeCommand(parts: IParts, tracker: WidgetTracker<Document>): void {
  const { app, trans } = parts;
  app.commands.addCommand(CommandIDs.sizeRun, {
    label: trans.__('Recommend Cluster Size…'),
    caption: trans.__('Recommend a cluster size for the next run'),
    icon: sizeIcon,
    describedBy: OPEN_ARGS,
    execute: async args => {
      const id = runIdOf(app, args);
      if (!id) {
        return;
      }
      await app.commands.execute(CommandIDs.openRun, { id });
      const document = tracker.find(found => found.content.model.id === id);
      await document?.content.model.refresh();
      document?.content.showSizing();
    }
  });
}

/** Opens run views in the main area. */
export const runViewPlugin: JupyterFrontEndPlugin<void> = {
  id: 'hrlab:run-view',
  description: 'The view of one run in the main area.',
  autoStart: true,
  requires: [IRuns, IRenderMimeRegistry],
  optional: [
    ITranslator,
    IThemeManager,
    ILayoutRestorer,
    ILabShell,
    IClusters,
    IExports,
    ISettingRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    theme: IThemeManager | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null,
    clusters: IClusters | null,
    exports: IExports | null,
    registry: ISettingRegistry | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    const tracker = new WidgetTracker<Document>({ namespace: 'hrlab-run' });
    const wanted = new WantedAdvice(registry);
    const around = { wanted, clusters, exports };
    const parts = { app, runs, ...around, rendermime, theme, trans };
    addOpenCommand(parts, tracker, labShell !== null);
    addSizeCommand(parts, tracker);
    void restorer?.restore(tracker, {
      command: CommandIDs.openRun,
      args: widget => ({ id: widget.content.model.id }),
      name: widget => widget.content.model.id
    });
  }
};
