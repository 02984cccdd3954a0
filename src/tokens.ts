import { Token } from '@lumino/coreutils';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import type {
  ChartView,
  ClusterLogs,
  ClusterPatch,
  IChart,
  IComparison,
  IComparisonQuery,
  ICluster,
  IClusterRequest,
  IClusterSnapshot,
  IDelivery,
  IDryRun,
  IFigures,
  IHosts,
  IProfiles,
  IProgress,
  IProgressEnd,
  IProgressStart,
  IQuotaReport,
  IRunPage,
  IRunPatch,
  IRunQuery,
  IRunRecord,
  IRunSummary,
  ISizing,
  ISizingQuestion
} from './api';

/** Ids of hrlab's commands. */
export namespace CommandIDs {
  export const runWithTiming = 'hrlab:run-with-timing';
  export const runAllWithTiming = 'hrlab:run-all-with-timing';
  export const openPanel = 'hrlab:open-panel';
  export const refreshRuns = 'hrlab:refresh-runs';
  export const openSettings = 'hrlab:open-settings';
  export const openExample = 'hrlab:open-example';
  export const openRun = 'hrlab:open-run';
  export const renameRun = 'hrlab:rename-run';
  export const labelRun = 'hrlab:label-run';
  export const noteRun = 'hrlab:note-run';
  export const copyRun = 'hrlab:copy-run';
  export const exportRun = 'hrlab:export-run';
  export const saveReport = 'hrlab:save-report';
  export const openCell = 'hrlab:open-cell';
  export const compareRuns = 'hrlab:compare-runs';
  export const compareEarlier = 'hrlab:compare-earlier';
  export const comparePrevious = 'hrlab:compare-previous';
  export const sizeRun = 'hrlab:size-run';
  export const measureScaling = 'hrlab:measure-scaling';
  export const deleteRun = 'hrlab:delete-run';
  export const openDashboard = 'hrlab:open-dashboard';
  export const newCluster = 'hrlab:new-cluster';
  export const startCluster = 'hrlab:start-cluster';
  export const connectCluster = 'hrlab:connect-cluster';
  export const insertClient = 'hrlab:insert-client';
  export const openClusterDashboard = 'hrlab:open-cluster-dashboard';
  export const scaleCluster = 'hrlab:scale-cluster';
  export const extendCluster = 'hrlab:extend-cluster';
  export const openClusterLogs = 'hrlab:open-cluster-logs';
  export const showCluster = 'hrlab:show-cluster';
  export const copyClusterAddress = 'hrlab:copy-cluster-address';
  export const closeCluster = 'hrlab:close-cluster';
}

/** Access to the server's runs. */
export interface IRuns {
  /** Emits the ids of changed runs; empty if any may have changed. */
  readonly changed: ISignal<IRuns, readonly string[]>;
  /** Emits the id of a run that was deleted in this page. */
  readonly removed: ISignal<IRuns, string>;
  list(query: IRunQuery, offset: number, limit: number): Promise<IRunPage>;
  get(id: string): Promise<IRunRecord>;
  chart(id: string, view: ChartView): Promise<IChart>;
  /** Returns figures derived from a run's record. */
  figures(id: string): Promise<IFigures>;
  /** Returns host metrics of a run from the site's database. */
  hosts(id: string): Promise<IHosts>;
  /** Recommends a cluster size for the next run. */
  size(question: ISizingQuestion): Promise<ISizing>;
  /** Runs side by side. */
  compare(query: IComparisonQuery): Promise<IComparison>;
  patch(id: string, patch: IRunPatch): Promise<IRunSummary>;
  remove(id: string): Promise<void>;
  /** Undoes a deletion. */
  restore(id: string): Promise<void>;
  /** Saves a record that the server lacks; does nothing if it was deleted. */
  saveRecord(record: PartialJSONObject): Promise<void>;
}

export const IRuns = new Token<IRuns>(
  'hrlab:IRuns',
  'Access to the server’s runs.'
);

/** A run in progress in a kernel that this page is connected to. */
export interface ILiveRun {
  readonly start: IProgressStart;
  readonly progress: IProgress | null;
  readonly end: IProgressEnd | null;
}

/** Runs in progress in the kernels of this page. */
export interface ILiveRuns {
  /** Emits the id of a run that started, made progress or ended. */
  readonly changed: ISignal<ILiveRuns, string>;
  get(id: string): ILiveRun | undefined;
  start(data: IProgressStart): void;
  advance(data: IProgress): void;
  finish(data: IProgressEnd): void;
  /** Forgets a run whose kernel is gone or whose view is closed. */
  forget(id: string): void;
  /** Emitted when a run's result has been rendered under its cell. */
  readonly shown: ISignal<ILiveRuns, string>;
  announceShown(id: string): void;
}

export const ILiveRuns = new Token<ILiveRuns>(
  'hrlab:ILiveRuns',
  'The runs in progress in the kernels of this page.'
);

/** Access to the server's clusters. */
export interface IClusters {
  /** Emits the ids of changed clusters; empty if any may have changed. */
  readonly changed: ISignal<IClusters, readonly string[]>;
  profiles(): Promise<IProfiles>;
  list(): Promise<IClusterSnapshot>;
  get(id: string): Promise<ICluster>;
  create(request: IClusterRequest): Promise<ICluster>;
  /** Returns the outcome that a request would have, without creating anything. */
  check(request: IClusterRequest): Promise<IDryRun>;
  patch(id: string, patch: ClusterPatch): Promise<void>;
  remove(id: string): Promise<void>;
  logs(id: string): Promise<ClusterLogs>;
}

export const IClusters = new Token<IClusters>(
  'hrlab:IClusters',
  'Access to the server’s clusters.'
);

/** Access to the user's quotas. */
export interface IQuotas {
  /** Emitted when limits or their usage may have changed. */
  readonly changed: ISignal<IQuotas, void>;
  list(): Promise<IQuotaReport>;
}

export const IQuotas = new Token<IQuotas>(
  'hrlab:IQuotas',
  'Access to the user’s quotas.'
);

/** Access to the state of delivery to the site's database. */
export interface IExports {
  /** Emitted when the delivery state may have changed. */
  readonly changed: ISignal<IExports, void>;
  /** Null if the site does not deliver runs. */
  get(): Promise<IDelivery | null>;
}

export const IExports = new Token<IExports>(
  'hrlab:IExports',
  'Access to the state of delivery to the site’s database.'
);

/** hrlab's side panel, to which features add sections. */
export interface ISections {
  /** Adds a section; lower ranks come first. */
  add(section: Widget, rank: number): void;
  /** Emitted when the user refreshes the panel. */
  readonly refreshed: ISignal<ISections, void>;
  /** Activates the panel and expands the section with this id. */
  reveal(section?: string): void;
}

export const ISections = new Token<ISections>(
  'hrlab:ISections',
  'The side panel, to which features add sections.'
);
