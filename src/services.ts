import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ClusterService, ExportService, QuotaService, RunService } from './api';
import { Clusters } from './clusters/events';
import { Exports } from './export/events';
import { LiveRuns } from './timing/live-runs';
import { Quotas } from './quotas/events';
import { Runs } from './runs/events';
import { IClusters, IExports, ILiveRuns, IQuotas, IRuns } from './tokens';

/** Provides the server's runs. */
export const runsPlugin: JupyterFrontEndPlugin<IRuns> = {
  id: 'hrlab:runs',
  description: 'The server’s runs, kept current by its events.',
  autoStart: true,
  provides: IRuns,
  activate: (app: JupyterFrontEnd): IRuns => {
    const { serviceManager } = app;
    const runs = new Runs(new RunService(serviceManager.serverSettings));
    runs.follow(serviceManager.events.stream);
    serviceManager.connectionFailure.connect(() => runs.invalidate());
    return runs;
  }
};

/** Provides the server's clusters. */
export const clusterServicePlugin: JupyterFrontEndPlugin<IClusters> = {
  id: 'hrlab:cluster-service',
  description: 'The server’s clusters, kept current by its events.',
  autoStart: true,
  provides: IClusters,
  activate: (app: JupyterFrontEnd): IClusters => {
    const { serviceManager } = app;
    const service = new ClusterService(serviceManager.serverSettings);
    const clusters = new Clusters(service);
    clusters.follow(serviceManager.events.stream);
    serviceManager.connectionFailure.connect(() => clusters.invalidate());
    return clusters;
  }
};

/** Provides the user's quotas. */
export const quotaServicePlugin: JupyterFrontEndPlugin<IQuotas> = {
  id: 'hrlab:quota-service',
  description: 'The user’s quotas, kept current by the server’s events.',
  autoStart: true,
  provides: IQuotas,
  activate: (app: JupyterFrontEnd): IQuotas => {
    const { serviceManager } = app;
    const quotas = new Quotas(new QuotaService(serviceManager.serverSettings));
    quotas.follow(serviceManager.events.stream);
    serviceManager.connectionFailure.connect(() => quotas.invalidate());
    return quotas;
  }
};

/** Provides the delivery state of runs. */
export const exportServicePlugin: JupyterFrontEndPlugin<IExports> = {
  id: 'hrlab:export-service',
  description:
    'The delivery state of runs, kept current by the server’s events.',
  autoStart: true,
  provides: IExports,
  activate: (app: JupyterFrontEnd): IExports => {
    const { serviceManager } = app;
    const exports = new Exports(
      new ExportService(serviceManager.serverSettings)
    );
    exports.follow(serviceManager.events.stream);
    serviceManager.connectionFailure.connect(() => exports.invalidate());
    return exports;
  }
};

/** Provides the running runs of this page's kernels. */
export const liveRunsPlugin: JupyterFrontEndPlugin<ILiveRuns> = {
  id: 'hrlab:live-runs',
  description: 'The runs in progress in the kernels of this page.',
  autoStart: true,
  provides: ILiveRuns,
  activate: (): ILiveRuns => new LiveRuns()
};
