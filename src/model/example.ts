import type { PartialJSONObject } from '@lumino/coreutils';

const INTRODUCTION = `# A first timed run

Run the next cell, then select the last one and press the stop watch in the toolbar:
hrlab shows how long it took before, in and after Dask.`;

// With the variable set, the cluster is there already (`Measure Scaling` names one so), and Client() takes no arguments.
const PREPARE = `import os
from dask.distributed import Client

if "DASK_SCHEDULER_ADDRESS" in os.environ:
    client = Client()
else:
    client = Client(processes=False, dashboard_address=":0")`;

const ANALYSE = `import time


def analyse(seed):
    time.sleep(0.1)
    return seed**2


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

/** A notebook of three short cells that teaches the first timed run. */
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
      code('prepare', PREPARE),
      code(TIMED, ANALYSE)
    ]
  };
}

/** The index of the cell that an example is about; -1 if it is not there. */
export function timedCellOf(
  cells: readonly { readonly id: string; readonly text: string }[]
): number {
  return cells.findIndex(
    ({ id, text }) => id === TIMED || text.startsWith('%%hrtime')
  );
}
