import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import React from 'react';
import type {
  ICluster,
  IClusterSeen,
  IClusterSnapshot,
  IDelivery,
  IFigure,
  IRunRecord
} from '../api';
import { formatRemedy } from '../export/text';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatShare
} from '../shared/format';
import { RunModel } from './model';
import {
  formatAlone,
  failedTasks,
  isPlaceKnown,
  formatTasks,
  formatWorkers
} from './text';
import { Snapshot } from '../shared/snapshot';
import { usedCluster } from './used-cluster';
import type { IClusters, IExports } from '../tokens';
import { useSignals } from '../shared/hooks';
import { OnScreen } from '../shared/on-screen';

/** Name, value, formula, and the cluster to link before the value. */
type Fact = readonly [string, string, string?, (ICluster | null)?];

/** Describes a run's cluster; `there` is the cluster if it still exists. */
function clusterFact(
  cluster: IClusterSeen,
  there: ICluster | null,
  trans: TranslationBundle
): string {
  const parts = there?.name === cluster.name ? [] : [cluster.name];
  if (cluster.workers_peak !== null) {
    parts.push(formatWorkers(cluster.workers_peak, trans));
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
    parts.push(trans.__('clock offset ±%1', known));
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
    [trans.__('Tasks'), formatTasks(tasks, failed, trans)],
    [
      trans.__('Tasks recorded'),
      run.coverage === null ? '' : formatShare(run.coverage)
    ],
    ...Object.entries(run.activities).map(([name, seconds]): Fact => [
      trans.__('Workers: %1', name),
      formatDuration(seconds)
    ])
  ];
}

/** Returns the rejection if the site's database rejected the run, else nothing. */
function deliveryFacts(
  run: IRunRecord,
  delivery: IDelivery | null,
  trans: TranslationBundle
): Fact[] {
  const refused = delivery?.refusals.find(one => one.run === run.id);
  return refused
    ? [
        [
          trans.__('Not delivered'),
          trans.__(
            '%1 The database said: %2',
            formatRemedy(refused.message, trans),
            refused.message
          ),
          delivery?.target
        ]
      ]
    : [];
}

/** Information on a run from outside its record. */
interface IAround {
  readonly figures: readonly IFigure[];
  readonly clusters: readonly ICluster[];
  readonly delivery: IDelivery | null;
}

function factsOf(
  run: IRunRecord,
  { figures, clusters, delivery }: IAround,
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
    [trans.__('Approach'), isPlaceKnown(run) ? (run.approach ?? '') : ''],
    ...run.clusters.map((cluster): Fact => {
      const there = usedCluster(cluster, run, clusters);
      return [
        trans.__('Cluster'),
        clusterFact(cluster, there, trans),
        undefined,
        there
      ];
    }),
    [trans.__('Cold run'), yesNo(run.cold, trans)],
    [trans.__('Exclusive use'), formatAlone(run, trans)],
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
    ...deliveryFacts(run, delivery, trans),
    [trans.__('Run ID'), run.id]
  ];
  return facts.filter(([, value, , there]) => value !== '' || there);
}

export interface IFactsOptions {
  readonly model: RunModel;
  readonly trans: TranslationBundle;
  readonly clusters: IClusters | null;
  readonly exports: IExports | null;
  /** Scrolls the card of a cluster into view. */
  readonly onCluster: (id: string) => void;
}

interface IFactsProps extends IFactsOptions {
  readonly snapshots: ISnapshots;
}

/** Snapshots of clusters and delivery, null where the service is missing. */
interface ISnapshots {
  readonly clusters: Snapshot<IClusterSnapshot | null>;
  readonly delivery: Snapshot<IDelivery | null>;
}

function ClusterLink(props: {
  readonly cluster: ICluster;
  readonly trans: TranslationBundle;
  readonly onCluster: (id: string) => void;
}): JSX.Element {
  const { cluster, trans, onCluster } = props;
  return (
    <button
      type="button"
      className="hrlab-Link"
      title={trans.__('Show %1 in the side panel', cluster.name)}
      onClick={() => onCluster(cluster.id)}
    >
      {cluster.name}
    </button>
  );
}

function FactsList(props: IFactsProps): JSX.Element | null {
  const { model, snapshots, trans } = props;
  const { clusters, delivery } = snapshots;
  useSignals(model.changed, model.derived, clusters.changed, delivery.changed);
  if (!model.record) {
    return null;
  }
  const around = {
    figures: model.figures?.figures ?? [],
    clusters: clusters.value?.clusters ?? [],
    delivery: delivery.value
  };
  const facts = factsOf(model.record, around, trans);
  return (
    <>
      <h3>{trans.__('Facts')}</h3>
      <dl className="hrlab-Facts">
        {facts.map(([name, value, formula, there], index) => (
          <React.Fragment key={index}>
            <dt title={formula}>{name}</dt>
            <dd title={formula}>
              {there ? (
                <ClusterLink
                  cluster={there}
                  trans={trans}
                  onCluster={props.onCluster}
                />
              ) : null}
              {there && value ? ', ' : ''}
              {value}
            </dd>
          </React.Fragment>
        ))}
      </dl>
    </>
  );
}

/** The remaining facts about a run. */
export class Facts extends ReactWidget {
  constructor(private readonly _options: IFactsOptions) {
    super();
    const { clusters, exports, model } = _options;
    this._snapshots = {
      clusters: new Snapshot(
        async () => (await clusters?.list()) ?? null,
        clusters?.changed ?? this._never
      ),
      delivery: new Snapshot(
        async () => (await exports?.get()) ?? null,
        exports?.changed ?? this._never
      )
    };
    this.addClass('hrlab-FactsSection');
    new OnScreen(this, seen => {
      this._isSeen = seen;
      this._look();
    });
    model.changed.connect(this._look, this);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._snapshots.clusters.dispose();
      this._snapshots.delivery.dispose();
      super.dispose();
    }
  }

  protected render(): JSX.Element {
    return <FactsList {...this._options} snapshots={this._snapshots} />;
  }

  private _look(): void {
    const { record } = this._options.model;
    const { clusters, delivery } = this._snapshots;
    clusters.setActive(this._isSeen && Boolean(record?.clusters.length));
    delivery.setActive(this._isSeen && record !== null);
  }

  private readonly _never = new Signal<this, void>(this);
  private readonly _snapshots: ISnapshots;
  private _isSeen = false;
}
