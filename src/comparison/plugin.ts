import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  IThemeManager,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { downloadIcon, ToolbarButton } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IComparisonQuery } from '../api';
import { ComparisonModel } from './model';
import { CommandIDs, IRuns } from '../tokens';
import { CompareView, ICompareViewOptions } from './view';
import { compareIcon } from '../shared/icons';
import { describedBy } from '../shared/describe';
import { notifyFailure } from '../shared/notify';
import { runIdOf } from '../shared/target';

type Document = MainAreaWidget<CompareView>;

const COMPARE_ARGS = describedBy({
  ids: { type: 'array', description: 'The ids of the runs.' },
  like: {
    type: 'string',
    description: 'The id of a run to compare with earlier runs of its code.'
  },
  previous: {
    type: 'string',
    description: 'The id of a run to compare with the previous run of its code.'
  },
  by: { type: 'string', description: 'The grouping of the runs.' },
  baseline: { type: 'string', description: 'The baseline group.' }
});

interface IParts extends Omit<ICompareViewOptions, 'model'> {
  readonly app: JupyterFrontEnd;
  readonly runs: IRuns;
  readonly tracker: WidgetTracker<Document>;
  readonly isLab: boolean;
}

function queryOf(args: Readonly<Record<string, unknown>>): IComparisonQuery {
  const ids = Array.isArray(args.ids) ? args.ids.map(String) : [];
  const { like, previous, by, baseline } = args;
  return {
    ids,
    ...(typeof by === 'string' ? { by } : {}),
    ...(typeof baseline === 'string' ? { baseline } : {}),
    ...(typeof like === 'string' ? { like } : {}),
    ...(typeof previous === 'string' ? { previous } : {})
  };
}

/** Returns the arguments of a comparison's report: its runs and grouping. */
function shown(model: ComparisonModel): ReadonlyPartialJSONObject {
  const groups = model.comparison?.groups ?? [];
  const { by, baseline, over } = model.query;
  return {
    ids: groups.flatMap(group => [...group.runs, ...group.cold]),
    ...(by ? { by } : {}),
    ...(baseline ? { baseline } : {}),
    ...(over ? { over } : {})
  };
}

async function open(query: IComparisonQuery, parts: IParts): Promise<void> {
  const { app, runs, trans, tracker } = parts;
  const model = new ComparisonModel(runs, query);
  const content = new CompareView({ ...parts, model });
  const widget: Document = new MainAreaWidget({ content });
  // Each chart has its own buttons; this one covers the whole comparison.
  widget.toolbar.addItem(
    'report',
    new ToolbarButton({
      label: trans.__('Save Report…'),
      tooltip: trans.__('Save a self-contained page to mail or print'),
      icon: downloadIcon,
      onClick: () =>
        void app.commands.execute(CommandIDs.saveReport, shown(model))
    })
  );
  widget.title.icon = compareIcon;
  widget.title.closable = true;
  widget.title.label = trans.__('Comparison');
  widget.title.caption = trans.__('Runs side by side');
  await tracker.add(widget);
  app.shell.add(widget, parts.isLab ? 'main' : 'right');
  app.shell.activateById(widget.id);
  await model.refresh();
}

function addCommands(parts: IParts): void {
  const { app, trans } = parts;
  app.commands.addCommand(CommandIDs.compareRuns, {
    label: trans.__('Compare Runs'),
    caption: trans.__('Compare the selected runs side by side'),
    icon: compareIcon,
    describedBy: COMPARE_ARGS,
    execute: args => open(queryOf(args), parts)
  });
  const add = (
    id: string,
    label: string,
    caption: string,
    query: (runId: string) => IComparisonQuery
  ) =>
    app.commands.addCommand(id, {
      label,
      caption,
      icon: compareIcon,
      describedBy: COMPARE_ARGS,
      execute: async args => {
        const runId = runIdOf(app, args);
        if (runId) {
          await open(query(runId), parts);
        }
      }
    });
  add(
    CommandIDs.compareEarlier,
    trans.__('Compare with Earlier Runs'),
    trans.__('Compare this run with earlier runs of the same code'),
    like => ({ ids: [], like })
  );
  add(
    CommandIDs.comparePrevious,
    trans.__('Compare with the Previous Run'),
    trans.__(
      'Show where this run differs from the previous one of the same code'
    ),
    previous => ({ ids: [], previous })
  );
}

/** Opens comparisons of runs in the main area. */
export const comparePlugin: JupyterFrontEndPlugin<void> = {
  id: 'hrlab:compare',
  description: 'Shows comparisons of runs in the main area.',
  autoStart: true,
  requires: [IRuns, IRenderMimeRegistry],
  optional: [ITranslator, IThemeManager, ILayoutRestorer, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    theme: IThemeManager | null,
    restorer: ILayoutRestorer | null,
    labShell: ILabShell | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('hrlab');
    const tracker = new WidgetTracker<Document>({ namespace: 'hrlab-compare' });
    const onTrouble = (error: unknown) =>
      notifyFailure(trans.__('Could not save the chart.'), error, trans);
    const onOpen = (id: string) =>
      void app.commands.execute(CommandIDs.openRun, { id });
    const isLab = labShell !== null;
    const parts = { app, runs, rendermime, theme, trans, tracker };
    addCommands({ ...parts, isLab, onOpen, onTrouble });
    void restorer?.restore(tracker, {
      command: CommandIDs.compareRuns,
      args: ({ content }) => ({
        ids: [...content.model.query.ids],
        like: content.model.query.like ?? null,
        previous: content.model.query.previous ?? null,
        by: content.model.query.by ?? null,
        baseline: content.model.query.baseline ?? null
      }),
      name: ({ content: { model } }) =>
        [
          model.query.like ?? '',
          model.query.previous ?? '',
          ...model.query.ids
        ].join('+')
    });
  }
};
