import type { JupyterFrontEnd } from '@jupyterlab/application';

type Args = Readonly<Record<string, unknown>>;

/** What a command acts on: named in its arguments, else what under the pointer carries the attribute. */
function targetOf(
  app: JupyterFrontEnd,
  args: Args,
  attribute: 'hrlabRun' | 'hrlabCluster'
): string | null {
  if (typeof args.id === 'string' && args.id) {
    return args.id;
  }
  const node = app.contextMenuHitTest(
    candidate => candidate.dataset[attribute] !== undefined
  );
  return node?.dataset[attribute] ?? null;
}

/** The run of a command. */
export function runIdOf(app: JupyterFrontEnd, args: Args): string | null {
  return targetOf(app, args, 'hrlabRun');
}

/** The cluster of a command. */
export function clusterIdOf(app: JupyterFrontEnd, args: Args): string | null {
  return targetOf(app, args, 'hrlabCluster');
}
