import type { JupyterFrontEnd } from '@jupyterlab/application';

type Args = Readonly<Record<string, unknown>>;

/** Returns the target of a command: from its arguments, else from the element under the pointer. */
function targetOf(
  app: JupyterFrontEnd,
  args: Args,
  attribute: 'hrlabRun' | 'hrlabRuns' | 'hrlabCluster'
): string | null {
  if (typeof args.id === 'string' && args.id) {
    return args.id;
  }
  const node = app.contextMenuHitTest(
    candidate => candidate.dataset[attribute] !== undefined
  );
  return node?.dataset[attribute] ?? null;
}

/** Returns the run a command acts on. */
export function runIdOf(app: JupyterFrontEnd, args: Args): string | null {
  return targetOf(app, args, 'hrlabRun');
}

/** Returns the runs a command acts on: those in its arguments, else the run under the pointer with its selection. */
export function runIdsOf(app: JupyterFrontEnd, args: Args): readonly string[] {
  if (Array.isArray(args.ids)) {
    return args.ids.filter((id): id is string => typeof id === 'string');
  }
  const selection = args.id ? null : targetOf(app, {}, 'hrlabRuns');
  if (selection) {
    return selection.split(' ');
  }
  const id = runIdOf(app, args);
  return id ? [id] : [];
}

/** Returns the cluster a command acts on. */
export function clusterIdOf(app: JupyterFrontEnd, args: Args): string | null {
  return targetOf(app, args, 'hrlabCluster');
}
