import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IClusterSeen, IFigure, IRunRecord } from '../api';
import {
  aloneInWords,
  failedTasks,
  formatBytes,
  formatCount,
  formatDuration,
  formatShare,
  RunModel,
  tasksInWords,
  workersInWords
} from '../model';
import { useSignals } from './hooks';

/** Name, value, and how it is reckoned. */
type Fact = readonly [string, string, string?];

function clusterFact(cluster: IClusterSeen, trans: TranslationBundle): string {
  const parts = [cluster.name];
  if (cluster.workers_peak !== null) {
    parts.push(workersInWords(cluster.workers_peak, trans));
  }
  if (cluster.workers_average !== null) {
    parts.push(trans.__('%1 on average', cluster.workers_average.toFixed(1)));
  }
  if (cluster.threads_peak !== null) {
    parts.push(trans._n('%1 thread', '%1 threads', cluster.threads_peak));
  }
  if (cluster.memory_bytes !== null) {
    parts.push(formatBytes(cluster.memory_bytes));
  }
  if (cluster.dask_version) {
    parts.push(`Dask ${cluster.dask_version}`);
  }
  if (cluster.uncertainty_seconds !== null) {
    const known = formatDuration(cluster.uncertainty_seconds);
    parts.push(trans.__('clock known to %1', known));
  }
  return parts.join(', ');
}

function yesNo(value: boolean | null, trans: TranslationBundle): string {
  if (value === null) {
    return '';
  }
  return value ? trans.__('yes') : trans.__('no');
}

function taskFacts(run: IRunRecord, trans: TranslationBundle): Fact[] {
  const tasks = run.loops.reduce((sum, loop) => sum + loop.tasks, 0);
  const failed = failedTasks(run.loops);
  if (run.loops.length === 0) {
    return [];
  }
  return [
    [trans.__('Tasks'), tasksInWords(tasks, failed, trans)],
    [
      trans.__('Tasks seen'),
      run.coverage === null ? '' : formatShare(run.coverage)
    ],
    ...Object.entries(run.activities).map(([name, seconds]): Fact => [
      trans.__('Workers: %1', name),
      formatDuration(seconds)
    ])
  ];
}

function factsOf(
  run: IRunRecord,
  figures: readonly IFigure[],
  trans: TranslationBundle
): readonly Fact[] {
  const workload = Object.entries(run.workload).map(([name, value]): Fact => [
    name,
    name === 'bytes' ? formatBytes(value) : formatCount(value)
  ]);
  const inputs = run.inputs.map((input): Fact => [
    trans.__('Input'),
    input.bytes === null
      ? input.name
      : `${input.name} (${formatBytes(input.bytes)})`
  ]);
  const marks = run.marks.map((mark): Fact => [
    trans.__('Mark %1', mark.label),
    formatDuration(mark.stop_seconds - mark.start_seconds)
  ]);
  const facts: Fact[] = [
    [
      trans.__('Approach'),
      run.status === 'running' ? '' : (run.approach ?? '')
    ],
    ...run.clusters.map((cluster): Fact => [
      trans.__('Cluster'),
      clusterFact(cluster, trans)
    ]),
    [trans.__('Fresh cluster'), yesNo(run.cold, trans)],
    [trans.__('Alone on it'), aloneInWords(run, trans)],
    ...figures.map(({ label, text, formula }): Fact => [label, text, formula]),
    ...taskFacts(run, trans),
    ...marks,
    ...workload,
    ...inputs,
    [trans.__('Notebook'), run.source.notebook ?? ''],
    [trans.__('Cells'), run.cells.length > 1 ? String(run.cells.length) : ''],
    ...Object.entries(run.environment).map(([name, value]): Fact => [
      name,
      value
    ]),
    [trans.__('Run id'), run.id]
  ];
  return facts.filter(([, value]) => value !== '');
}

interface IFactsProps {
  readonly model: RunModel;
  readonly trans: TranslationBundle;
}

function FactsList({ model, trans }: IFactsProps): JSX.Element | null {
  useSignals(model.changed, model.derived);
  if (!model.record) {
    return null;
  }
  const figures = model.figures?.figures ?? [];
  const facts = factsOf(model.record, figures, trans);
  return (
    <>
      <h3>{trans.__('Facts')}</h3>
      <dl className="hrlab-Facts">
        {facts.map(([name, value, formula], index) => (
          <React.Fragment key={index}>
            <dt title={formula}>{name}</dt>
            <dd title={formula}>{value}</dd>
          </React.Fragment>
        ))}
      </dl>
    </>
  );
}

/** What else is known of a run. */
export class Facts extends ReactWidget {
  constructor(private readonly _props: IFactsProps) {
    super();
    this.addClass('hrlab-FactsSection');
  }

  protected render(): JSX.Element {
    return <FactsList {...this._props} />;
  }
}
