import type { ReadonlyJSONObject } from '@lumino/coreutils';

/** Returns the `describedBy` of a command from its arguments' properties. */
export function describedBy(
  properties: Readonly<Record<string, { type: string; description: string }>>
): { args: ReadonlyJSONObject } {
  return { args: { type: 'object', properties } };
}

/** Arguments of a command that acts on one run. */
export const RUN_ARGS = describedBy({
  id: {
    type: 'string',
    description: 'The id of the run; by default the one under the pointer.'
  }
});

/** Arguments of a command that acts on one run or several. */
export const RUNS_ARGS = describedBy({
  id: {
    type: 'string',
    description:
      'The id of the run; by default the one under the pointer, with the selection that it is in.'
  },
  ids: { type: 'array', description: 'The ids of several runs.' }
});

export const NO_ARGS = describedBy({});

/** Arguments of a command that acts on one cluster. */
export const CLUSTER_ARGS = describedBy({
  id: {
    type: 'string',
    description:
      'The id of the cluster; by default the one under the pointer, else one is asked for.'
  }
});

/** Arguments of a command that makes a cluster. */
export const PROFILE_ARGS = describedBy({
  profile: {
    type: 'string',
    description: 'The name of the profile; by default the last one used.'
  }
});

/** Arguments of the command that opens the form of a new cluster. */
export const NEW_CLUSTER_ARGS = describedBy({
  profile: {
    type: 'string',
    description: 'The name of the profile; by default the last one used.'
  },
  run: {
    type: 'string',
    description: 'The id of a run to recommend the options for.'
  },
  options: {
    type: 'object',
    description: 'With a run: options to fill in, by name.'
  }
});
