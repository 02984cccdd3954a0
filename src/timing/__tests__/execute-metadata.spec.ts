import type { ISessionContext } from '@jupyterlab/apputils';
import type { KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import {
  headingOver,
  metadataFor,
  nameFor,
  readLoadAnswer,
  withExecuteMetadata
} from '../execute-metadata';

const PLAN = {
  run_id: 'r',
  name: 'Zee',
  notebook: 'a.ipynb',
  whole: false,
  cellIds: ['one', 'two']
};

class FakeKernel {
  sent: unknown[] = [];
  readonly #secret = 'kept';

  requestExecute(content: unknown, dispose?: boolean, metadata?: JSONObject) {
    this.sent.push(metadata);
    return this.#secret;
  }

  get status() {
    return this.#secret;
  }
}

function contextOf(kernel: FakeKernel | null) {
  const session = kernel && { kernel, name: 'session' };
  const context = { session, path: 'a.ipynb', prevKernelName: '' };
  return context as unknown as ISessionContext;
}

describe('the metadata of a run', () => {
  it('numbers the cells of the run', () => {
    expect(metadataFor(PLAN, 'two')).toEqual({
      hrlab: {
        run_id: 'r',
        name: 'Zee',
        index: 1,
        count: 2,
        notebook: 'a.ipynb',
        whole: false
      }
    });
  });

  it('is empty for a cell outside the run', () => {
    expect(metadataFor(PLAN, 'three')).toEqual({});
    expect(metadataFor(PLAN, undefined)).toEqual({});
  });
});

describe('withExecuteMetadata', () => {
  it('adds metadata to execute requests and keeps what is there', () => {
    const kernel = new FakeKernel();
    const view = withExecuteMetadata(contextOf(kernel), metadata =>
      metadataFor(PLAN, metadata?.cellId)
    );
    const content = { code: '1' };
    view.session?.kernel?.requestExecute(content, false, { cellId: 'one' });
    expect(kernel.sent[0]).toMatchObject({
      cellId: 'one',
      hrlab: { index: 0, count: 2 }
    });
  });

  it('passes everything else through to the real objects', () => {
    const kernel = new FakeKernel();
    const context = contextOf(kernel);
    const view = withExecuteMetadata(context, () => ({}));
    expect(view.path).toBe('a.ipynb');
    expect(view.session?.name).toBe('session');
    expect(view.session?.kernel?.status).toBe('kept');
    (view as { prevKernelName: string }).prevKernelName = 'other';
    expect(context.prevKernelName).toBe('other');
  });

  it('does not change the context itself', () => {
    const kernel = new FakeKernel();
    const context = contextOf(kernel);
    withExecuteMetadata(context, () => ({ hrlab: {} }));
    context.session?.kernel?.requestExecute({ code: '1' }, false, {});
    expect(kernel.sent[0]).toEqual({});
  });

  it('tolerates a context without a session', () => {
    const view = withExecuteMetadata(contextOf(null), () => ({}));
    expect(view.session).toBeNull();
  });
});

describe('the answer to the silent load', () => {
  const reply = (result: unknown) =>
    ({
      content: { status: 'ok', user_expressions: { hrlab: result } }
    }) as unknown as KernelMessage.IExecuteReplyMsg;

  it.each([
    [{ status: 'ok', data: { 'text/plain': "'loaded'" } }, 'loaded'],
    [{ status: 'error', ename: 'AttributeError' }, 'missing'],
    [{ status: 'error', ename: 'ModuleNotFoundError' }, 'missing'],
    [undefined, 'unknown']
  ])('%p means %p', (result, answer) => {
    expect(readLoadAnswer(reply(result))).toBe(answer);
  });
});

describe('the default name of a run', () => {
  const cells = [
    { type: 'markdown', text: '# Zee\n\ntext\n\n## 100 `variations`' },
    { type: 'code', text: '# not a heading' },
    { type: 'markdown', text: 'only text\n```\n# code\n```' },
    { type: 'code', text: '1' }
  ];

  it('is the nearest heading above', () => {
    expect(nameFor(cells, 3, 'a/b.ipynb')).toBe('100 variations');
  });

  it('is the name of the notebook without a heading', () => {
    expect(nameFor(cells.slice(1), 2, 'a/my zee.ipynb')).toBe('my zee');
  });

  it('is left to the kernel for a single cell without a heading', () => {
    expect(headingOver(cells, 3)).toBe('100 variations');
    expect(headingOver(cells.slice(1), 2)).toBeUndefined();
  });
});
