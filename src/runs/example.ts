import type { PartialJSONObject } from '@lumino/coreutils';

const INTRODUCTION = `# A first timed run

Press the stop watch in the toolbar while the next cell is selected:
hrlab shows how long it took before, in and after Dask.`;

// If the variable is set, a cluster exists (`Measure Scaling` provides it) and Client() takes no arguments.
const ANALYSE = `import os
import time

from dask.distributed import Client


def analyse(seed):
    time.sleep(0.1)
    return seed**2


# pre: connect to the cluster that is given, or make a small one here
given = "DASK_SCHEDULER_ADDRESS" in os.environ
with Client() if given else Client(processes=False, dashboard_address=":0") as client:
    time.sleep(0.5)  # pre: read and prepare
    results = client.gather(client.map(analyse, range(100), pure=False))
time.sleep(0.3)  # post: fit and plot
sum(results)`;

const TIMED = 'analyse';

const code = (id: string, source: string): PartialJSONObject => ({
  cell_type: 'code',
  id,
  metadata: {},
  execution_count: null,
  outputs: [],
  source
});

/** Returns an example notebook for a first timed run. */
export function exampleNotebook(
  metadata: PartialJSONObject
): PartialJSONObject {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata,
    cells: [
      {
        cell_type: 'markdown',
        id: 'introduction',
        metadata: {},
        source: INTRODUCTION
      },
      code(TIMED, ANALYSE)
    ]
  };
}

/** Returns the index of the example's timed cell; -1 if there is none. */
export function timedCellOf(
  cells: readonly { readonly id: string; readonly text: string }[]
): number {
  return cells.findIndex(
    ({ id, text }) => id === TIMED || text.startsWith('%%hrtime')
  );
}
