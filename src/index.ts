import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { campaignsPlugin } from './campaigns/plugin';
import { comparePlugin } from './comparison/plugin';
import { clustersPlugin } from './clusters/plugin';
import { daskPlugin } from './clusters/dask-panes';
import { notebooksPlugin } from './runs/notebooks';
import { panelPlugin } from './panel/plugin';
import { progressPlugin } from './timing/progress-plugin';
import { reportPlugin } from './export/report-plugin';
import { resultPlugin } from './timing/result-plugin';
import { runActionsPlugin } from './runs/commands';
import { runViewPlugin } from './runs/view-plugin';
import {
  clusterServicePlugin,
  exportServicePlugin,
  liveRunsPlugin,
  quotaServicePlugin,
  runsPlugin
} from './services';
import { timingPlugin } from './timing/plugin';

const plugins: readonly JupyterFrontEndPlugin<unknown>[] = [
  runsPlugin,
  liveRunsPlugin,
  clusterServicePlugin,
  quotaServicePlugin,
  exportServicePlugin,
  panelPlugin,
  clustersPlugin,
  runActionsPlugin,
  reportPlugin,
  notebooksPlugin,
  runViewPlugin,
  comparePlugin,
  campaignsPlugin,
  timingPlugin,
  resultPlugin,
  progressPlugin,
  daskPlugin
];

export default plugins;
