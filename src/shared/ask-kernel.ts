import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { isObject } from '../api';

/**
 * Evaluates an expression in a kernel after pending cells, without output,
 * execution count or new names.
 */
export async function askKernel(
  kernel: Kernel.IKernelConnection,
  expression: string
): Promise<KernelMessage.IExecuteReplyMsg> {
  const future = kernel.requestExecute(
    {
      code: '',
      silent: true,
      store_history: false,
      allow_stdin: false,
      stop_on_error: false,
      user_expressions: { hrlab: expression }
    },
    true
  );
  return future.done;
}

/** What the kernel says of the expression: a value or an error, by `status`. */
export function answerOf(reply: KernelMessage.IExecuteReplyMsg): unknown {
  const content: unknown = reply.content;
  const results = isObject(content) ? content.user_expressions : undefined;
  return isObject(results) ? results.hrlab : undefined;
}
