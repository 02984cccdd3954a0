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

/** The ids of hrlab's commands. */
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

/** The runs that the server keeps, and what one may do with them. */
export interface IRuns {
  /** The ids of runs that changed; no ids: anything may have changed. */
  readonly changed: ISignal<IRuns, readonly string[]>;
  /** The id of a run that was deleted in this page. */
  readonly removed: ISignal<IRuns, string>;
  list(query: IRunQuery, offset: number, limit: number): Promise<IRunPage>;
  get(id: string): Promise<IRunRecord>;
  chart(id: string, view: ChartView): Promise<IChart>;
  /** What follows from a run's record. */
  figures(id: string): Promise<IFigures>;
  /** What its hosts did, as the site's database knows it. */
  hosts(id: string): Promise<IHosts>;
  /** How large a cluster the next run should have. */
  size(question: ISizingQuestion): Promise<ISizing>;
  /** Runs side by side. */
  compare(query: IComparisonQuery): Promise<IComparison>;
  patch(id: string, patch: IRunPatch): Promise<IRunSummary>;
  remove(id: string): Promise<void>;
  /** Undo a deletion. */
  restore(id: string): Promise<void>;
  /** Save a record that the server lacks; nothing happens if it was deleted. */
  saveRecord(record: PartialJSONObject): Promise<void>;
}

export const IRuns = new Token<IRuns>(
  'hrlab:IRuns',
  'The runs that the server keeps, and what one may do with them.'
);

/** A run that is going on in a kernel this page is connected to. */
export interface ILiveRun {
  readonly start: IProgressStart;
  readonly progress: IProgress | null;
  readonly end: IProgressEnd | null;
}

/** The runs that go on in the kernels of this page. */
export interface ILiveRuns {
  /** The id of the run that started, went on or ended. */
  readonly changed: ISignal<ILiveRuns, string>;
  get(id: string): ILiveRun | undefined;
  start(data: IProgressStart): void;
  advance(data: IProgress): void;
  finish(data: IProgressEnd): void;
  /** The kernel is gone or nobody looks any more. */
  forget(id: string): void;
  /** The result of a run has been drawn under its cell. */
  readonly shown: ISignal<ILiveRuns, string>;
  announceShown(id: string): void;
}

export const ILiveRuns = new Token<ILiveRuns>(
  'hrlab:ILiveRuns',
  'The runs that go on in the kernels of this page.'
);

/** The clusters that exist, and what one may do with them. */
export interface IClusters {
  /** The ids of clusters that changed; no ids: anything may have changed. */
  readonly changed: ISignal<IClusters, readonly string[]>;
  profiles(): Promise<IProfiles>;
  list(): Promise<IClusterSnapshot>;
  get(id: string): Promise<ICluster>;
  create(request: IClusterRequest): Promise<ICluster>;
  /** What would become of a request; nothing is created. */
  check(request: IClusterRequest): Promise<IDryRun>;
  patch(id: string, patch: ClusterPatch): Promise<void>;
  remove(id: string): Promise<void>;
  logs(id: string): Promise<ClusterLogs>;
}

export const IClusters = new Token<IClusters>(
  'hrlab:IClusters',
  'The clusters that exist, and what one may do with them.'
);

/** What the user may still have. */
export interface IQuotas {
  /** Limits, or what is used of them, may have changed. */
  readonly changed: ISignal<IQuotas, void>;
  list(): Promise<IQuotaReport>;
}

export const IQuotas = new Token<IQuotas>(
  'hrlab:IQuotas',
  'What the user may still have.'
);

/** How the delivery of runs to the site's database goes. */
export interface IExports {
  /** It goes another way than before. */
  readonly changed: ISignal<IExports, void>;
  /** Null: the site has no runs delivered. */
  get(): Promise<IDelivery | null>;
}

export const IExports = new Token<IExports>(
  'hrlab:IExports',
  'How the delivery of runs to the site’s database goes.'
);

/** hrlab's side panel, to which features add their sections. */
export interface ISections {
  /** Add a section; those of a lower rank come first. */
  add(section: Widget, rank: number): void;
  /** The user asked to see the newest of everything. */
  readonly refreshed: ISignal<ISections, void>;
  /** Bring the panel to the front, and unfold the section of this id. */
  reveal(section?: string): void;
}

export const ISections = new Token<ISections>(
  'hrlab:ISections',
  'The side panel, to which features add their sections.'
);
