import { ServerConnection } from '@jupyterlab/services';
import { ApiError, requestAPI } from '../request';

/** Server settings whose requests return the result of `answer`. */
function connection(
  answer: (signal: AbortSignal | null | undefined) => Promise<Response>
): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    fetch: async (request, init) =>
      answer(init?.signal ?? (request as Request).signal)
  });
}

const never = (signal: AbortSignal | null | undefined) =>
  new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });

describe('requestAPI', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('times out a request that is never answered', async () => {
    const asked = requestAPI(connection(never), 'runs');
    const ended = expect(asked).rejects.toMatchObject({
      code: 'timeout',
      message: 'no answer within 30 s'
    });
    await jest.advanceTimersByTimeAsync(31000);
    await ended;
  });

  it('times out a response that never ends', async () => {
    const asked = requestAPI(
      connection(async signal => {
        const response = new Response('');
        response.text = () => never(signal);
        return response;
      }),
      'runs'
    );
    const ended = expect(asked).rejects.toBeInstanceOf(ApiError);
    await jest.advanceTimersByTimeAsync(31000);
    await ended;
  });

  it('clears the timer after a response', async () => {
    const found = await requestAPI(
      connection(async () => new Response('{"runs": []}')),
      'runs'
    );
    expect(found).toEqual({ runs: [] });
    expect(jest.getTimerCount()).toBe(0);
  });
});
