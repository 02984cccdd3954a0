import type { ReadonlyJSONObject } from '@lumino/coreutils';

/** The schema of a command's arguments, for whoever lists commands. */
export function describedBy(
  properties: Readonly<Record<string, { type: string; description: string }>>
): { args: ReadonlyJSONObject } {
  return { args: { type: 'object', properties } };
}

/** Arguments of a command that acts on one run. */
export const RUN_ARGS = describedBy({
  id: {
    type: 'string',
    description: 'The id of the run; without it, the one under the pointer.'
  }
});

/** Arguments of a command that acts on one run or several. */
export const RUNS_ARGS = describedBy({
  id: {
    type: 'string',
    description:
      'The id of the run; without it, the one under the pointer, with the selection that it is in.'
  },
  ids: { type: 'array', description: 'The ids of several runs.' }
});

export const NO_ARGS = describedBy({});

/** Arguments of a command that acts on one cluster. */
export const CLUSTER_ARGS = describedBy({
  id: {
    type: 'string',
    description:
      'The id of the cluster; without it, the one under the pointer, else one is asked for.'
  }
});

/** Arguments of a command that makes a cluster. */
export const PROFILE_ARGS = describedBy({
  profile: {
    type: 'string',
    description: 'The name of the profile; without it, the one used last.'
  }
});

/** Arguments of the command that opens the form of a new cluster. */
export const NEW_CLUSTER_ARGS = describedBy({
  profile: {
    type: 'string',
    description: 'The name of the profile; without it, the one used last.'
  },
  run: {
    type: 'string',
    description: 'The id of the run whose next cluster it is, for advice.'
  },
  options: {
    type: 'object',
    description: 'With a run: options to fill in, by name.'
  }
});
