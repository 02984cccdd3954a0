import type { JupyterFrontEnd } from '@jupyterlab/application';

type Args = Readonly<Record<string, unknown>>;

/** What a command acts on: named in its arguments, else what under the pointer carries the attribute. */
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

/** The run of a command. */
export function runIdOf(app: JupyterFrontEnd, args: Args): string | null {
  return targetOf(app, args, 'hrlabRun');
}

/** The runs of a command: those named, else the run under the pointer with the selection that it is in. */
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

/** The cluster of a command. */
export function clusterIdOf(app: JupyterFrontEnd, args: Args): string | null {
  return targetOf(app, args, 'hrlabCluster');
}
