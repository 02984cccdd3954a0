import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import { isObject } from '../api';
import { answerOf, askKernel } from '../shared/ask-kernel';

/** Describes a run to the kernel. */
export interface IRunPlan {
  readonly run_id: string;
  /** Empty if the kernel should name the run by its code. */
  readonly name: string;
  readonly notebook: string;
  /** Whether it is the whole notebook. */
  readonly whole: boolean;
  /** Ids of the cells sent to the kernel, in order. */
  readonly cellIds: readonly string[];
}

/** Returns the extra execute metadata for a cell of a run; empty for other cells. */
export function metadataFor(plan: IRunPlan, cellId: unknown): JSONObject {
  const index = plan.cellIds.findIndex(id => id === cellId);
  if (index < 0) {
    return {};
  }
  return {
    hrlab: {
      run_id: plan.run_id,
      name: plan.name,
      index,
      count: plan.cellIds.length,
      notebook: plan.notebook,
      whole: plan.whole
    }
  };
}

type Overrides<T> = { readonly [K in keyof T]?: (target: T) => T[K] };

function overlay<T extends object>(target: T, overrides: Overrides<T>): T {
  return new Proxy(target, {
    get(object, key) {
      const override = overrides[key as keyof T];
      if (override) {
        return override(object);
      }
      const value: unknown = Reflect.get(object, key, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
    set(object, key, value) {
      return Reflect.set(object, key, value, object);
    }
  });
}

/**
 * Returns a proxy of a session context whose execute requests carry extra metadata.
 *
 * Nothing is stored on the cell, in the notebook or in the kernel.
 */
export function withExecuteMetadata(
  context: ISessionContext,
  extra: (metadata: JSONObject | undefined) => JSONObject
): ISessionContext {
  const kernelView = (kernel: Kernel.IKernelConnection) =>
    overlay(kernel, {
      requestExecute: target => (content, disposeOnDone, metadata) =>
        target.requestExecute(content, disposeOnDone, {
          ...metadata,
          ...extra(metadata)
        })
    });
  return overlay(context, {
    session: target =>
      target.session &&
      overlay(target.session, {
        kernel: session => session.kernel && kernelView(session.kernel)
      })
  });
}

export type LoadAnswer = 'loaded' | 'missing' | 'unknown';

// Bypasses IPython's extension manager, so that a later `%load_ext hrlab` does
// not print that it is already loaded. Loading twice does nothing.
const LOAD =
  "__import__('hrlab').load_ipython_extension(get_ipython()) or 'loaded'";

/** Parses the kernel's reply to the silent request that loads the extension. */
export function readLoadAnswer(
  reply: KernelMessage.IExecuteReplyMsg
): LoadAnswer {
  const result = answerOf(reply);
  if (!isObject(result)) {
    return 'unknown';
  }
  return result.status === 'ok' ? 'loaded' : 'missing';
}

/** Loads hrlab's extension into a kernel. The request is sent before the cell's. */
export async function loadExtension(
  kernel: Kernel.IKernelConnection
): Promise<LoadAnswer> {
  return readLoadAnswer(await askKernel(kernel, LOAD));
}

/** Returns a run's default name: the nearest heading, or else its notebook. */
export function nameFor(
  sources: readonly { readonly type: string; readonly text: string }[],
  index: number,
  notebook: string
): string {
  const heading = headingOver(sources, index);
  const file = notebook.split('/').pop() ?? notebook;
  return heading ?? file.replace(/\.ipynb$/, '');
}

/** Returns the nearest heading above, if any. */
export function headingOver(
  sources: readonly { readonly type: string; readonly text: string }[],
  index: number
): string | undefined {
  for (let i = Math.min(index, sources.length - 1); i >= 0; i--) {
    const cell = sources[i];
    const heading =
      cell.type === 'markdown' ? lastHeading(cell.text) : undefined;
    if (heading) {
      return heading;
    }
  }
  return undefined;
}

function lastHeading(markdown: string): string | undefined {
  const headings = markdown
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .match(/^#{1,6}\s+\S.*$/gm);
  const line = headings?.[headings.length - 1];
  return line
    ?.replace(/^#+\s+/, '')
    .replace(/\s+#+\s*$/, '')
    .replace(/[*`]/g, '')
    .trim();
}
