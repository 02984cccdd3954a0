import type { Kernel, KernelMessage } from '@jupyterlab/services';
import {
  booleanOr,
  ICluster,
  isObject,
  listOf,
  stringOr,
  textOrNull
} from '../api';
import { answerOf, askKernel } from '../shared/ask-kernel';

const text = (value: string) => JSON.stringify(value); // JSON strings are valid Python

/** Comment above code that connects to another user's cluster. */
const NOT_MINE =
  '# Not one of your clusters: its owner can run code in this kernel.';

/** Returns code that connects to a cluster, for a notebook cell. */
export function clientCode(cluster: ICluster, hasHrlab: boolean): string {
  const { id, mine, name, scheduler_address } = cluster;
  const [load, made] =
    hasHrlab || scheduler_address === null
      ? [
          'import hrlab',
          // A plain name refers to the user's own clusters.
          `hrlab.connect(${mine ? text(name) : `${text(id)}, others=True`})`
        ]
      : [
          'from dask.distributed import Client',
          `Client(${text(scheduler_address)})`
        ];
  const lines = [load, '', `client = ${made}`, 'client'];
  return [...(mine ? [] : [NOT_MINE]), ...lines].join('\n');
}

/**
 * Code that connects inside the kernel and reports how.
 *
 * It runs in its own namespace, so that it only adds the client's name; an
 * existing variable of that name is kept, and the client gets another name.
 * The warning about another user's cluster is suppressed after consent.
 */
const CONNECT = `
import warnings
from IPython import get_ipython
from IPython.display import JSON

def connected(space, address):
    try:
        from distributed import Client
    except ImportError:
        return None
    for name, value in list(space.items()):
        if isinstance(value, Client) and not name.startswith("_") and value.status == "running":
            if address and value.scheduler is not None and value.scheduler.address == address:
                return name

def opened(name, address, others):
    try:
        from hrlab import connect
    except ImportError:
        from distributed import Client
        return Client(address)
    return connect(name, others=True) if others else connect(name)

def in_use(value):
    return not (type(value).__name__ == "Client" and getattr(value, "status", "") == "closed")

def free_name(space):
    name, number = "client", 1
    while name in space and in_use(space[name]):
        number += 1
        name = f"client_{number}"
    return name

def bind(name, address, others):
    space = get_ipython().user_ns
    known = connected(space, address)
    if known:
        return {"variable": known, "already": True, "taken": False, "warnings": []}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = opened(name, address, others)
    variable = free_name(space)
    taken = variable != "client"
    space[variable] = client
    said = [str(found.message) for found in caught if issubclass(found.category, UserWarning)
            and found.category.__name__ != "OthersClusterWarning"]
    return {"variable": variable, "already": False, "taken": taken, "warnings": said}
`;

/**
 * Returns an expression that connects the kernel and evaluates to `IConnected` as JSON.
 *
 * It connects to other users' clusters without asking: the caller must have
 * obtained the user's consent.
 */
export function connectExpression(cluster: ICluster): string {
  const { id, mine, scheduler_address } = cluster;
  const arguments_ = [
    text(id),
    scheduler_address === null ? 'None' : text(scheduler_address),
    mine ? 'False' : 'True'
  ].join(', ');
  return `(lambda space: (exec(${text(CONNECT)}, space), space['JSON'](space['bind'](${arguments_})))[1])({})`;
}

/** The result of connecting a kernel. */
export interface IConnected {
  readonly variable: string;
  /** Whether it already had a client of this cluster. */
  readonly already: boolean;
  /** Whether `client` was already in use, so that another name was chosen. */
  readonly taken: boolean;
  readonly warnings: readonly string[];
}

/** Parses the kernel's reply; throws the kernel's error if it failed. */
export function readConnected(
  reply: KernelMessage.IExecuteReplyMsg
): IConnected {
  const result = answerOf(reply);
  if (!isObject(result) || result.status !== 'ok') {
    const content: unknown = reply.content;
    const failure = isObject(result) ? result : content;
    const what = isObject(failure)
      ? [stringOr(failure.ename, ''), stringOr(failure.evalue, '')]
      : [];
    throw new Error(what.filter(part => part).join(': ') || 'no answer');
  }
  const data = isObject(result.data) ? result.data['application/json'] : null;
  const answer = isObject(data) ? data : {};
  return {
    variable: stringOr(answer.variable, 'client'),
    already: booleanOr(answer.already, false),
    taken: booleanOr(answer.taken, false),
    warnings: listOf(answer.warnings, textOrNull)
  };
}

/** Binds a client of the cluster in a kernel, silently. */
export async function connectKernel(
  kernel: Kernel.IKernelConnection,
  cluster: ICluster
): Promise<IConnected> {
  return readConnected(await askKernel(kernel, connectExpression(cluster)));
}

/** Returns whether hrlab is importable in a kernel. */
export async function hasHrlab(
  kernel: Kernel.IKernelConnection
): Promise<boolean> {
  const reply = await askKernel(kernel, "__import__('hrlab').connect and None");
  const result = answerOf(reply);
  return isObject(result) && result.status === 'ok';
}
