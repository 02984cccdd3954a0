import { Dialog } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { nullTranslator } from '@jupyterlab/translation';
import type { ICluster } from '../../api';
import { cluster } from './fake-clusters';
import { CommandIDs } from '../../tokens';
import { clientActions, ClientCode } from '../connect-commands';

const trans = nullTranslator.load('hrlab');

/** A notebook whose kernel records the expressions it evaluates. */
function notebookAnd(asked: string[]): INotebookTracker {
  const answer = {
    status: 'ok',
    data: { 'application/json': { variable: 'client' } }
  };
  const kernel = {
    id: 'kernel',
    status: 'idle',
    info: Promise.resolve({ language_info: { name: 'python' } }),
    requestExecute: (content: { user_expressions: Record<string, string> }) => {
      asked.push(...Object.values(content.user_expressions));
      const names = Object.keys(content.user_expressions);
      const user_expressions = Object.fromEntries(names.map(n => [n, answer]));
      const reply = { content: { status: 'ok', user_expressions } };
      return { done: Promise.resolve(reply), dispose: () => undefined };
    }
  };
  const sessionContext = { session: { kernel } };
  return {
    currentWidget: { sessionContext }
  } as unknown as INotebookTracker;
}

/** Returns the open dialog, once its title is rendered. */
async function dialog(): Promise<Dialog<unknown>> {
  for (let i = 0; i < 300; i++) {
    const found = Dialog.tracker.currentWidget;
    if (found?.node.querySelector('.jp-Dialog-header')?.textContent) {
      return found;
    }
    await new Promise(done => setTimeout(done, 20));
  }
  throw new Error('nothing was asked');
}

describe('Connect', () => {
  const asked: string[] = [];
  const connect = (to: ICluster) =>
    clientActions(new ClientCode(notebookAnd(asked)), trans)
      .find(({ id }) => id === CommandIDs.connectCluster)
      ?.act(to, {});
  const others = cluster('zee-9', { mine: false });

  beforeEach(() => asked.splice(0));
  afterEach(() => Dialog.flush());

  it('does not ask for consent to one’s own cluster', async () => {
    await connect(cluster('zee-1'));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('"zee-1", None, False');
    expect(Dialog.tracker.currentWidget).toBeNull();
  });

  it('does not connect to another user’s cluster without consent', async () => {
    const done = connect(others);
    const shown = await dialog();
    expect(shown.node.textContent).toContain('Connect to zee-9?');
    expect(shown.node.textContent).toContain('is not one of your clusters');
    expect(shown.node.textContent).toContain('with your credentials');
    shown.reject();
    await done;
    expect(asked).toEqual([]);
  });

  it('tells the kernel that the user has consented', async () => {
    const done = connect(others);
    (await dialog()).resolve(1);
    await done;
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('"zee-9", None, True');
  });

  it('does not take the return key as consent', async () => {
    const done = connect(others);
    (await dialog()).resolve();
    await done;
    expect(asked).toEqual([]);
  });
});
