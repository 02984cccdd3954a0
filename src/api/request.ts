import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { isObject, stringOr } from './guards';

const NAMESPACE = 'hrlab/api';
const LONGEST_MESSAGE = 300;
/** Timeout of a request. */
const ANSWER_MS = 30000;

/** An error response of the server. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail: string
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function detailText(detail: unknown): string {
  if (detail === null || detail === undefined) {
    return '';
  }
  return typeof detail === 'string' ? detail : JSON.stringify(detail);
}

/** Builds the error of a failed response; a proxy's HTML page must not end up in a notification. */
function errorOf(response: Response, body: unknown): ApiError {
  const error = isObject(body) && isObject(body.error) ? body.error : {};
  return new ApiError(
    response.status,
    stringOr(error.code, 'http'),
    stringOr(
      error.message,
      `${response.status} ${response.statusText}`.trim()
    ).slice(0, LONGEST_MESSAGE),
    detailText(error.detail)
  );
}

/** Calls hrlab's server extension and returns its JSON; throws as `requestText` does. */
export async function requestAPI(
  settings: ServerConnection.ISettings,
  path: string,
  init: RequestInit = {}
): Promise<unknown> {
  return parse(await requestText(settings, path, init));
}

/**
 * Calls hrlab's server extension; throws `ApiError` or a `NetworkError`.
 *
 * Has a timeout: a request left hanging by a server or proxy must neither block
 * its caller nor occupy one of the browser's few connections.
 */
export async function requestText(
  settings: ServerConnection.ISettings,
  path: string,
  init: RequestInit = {}
): Promise<string> {
  const url = URLExt.join(settings.baseUrl, NAMESPACE) + '/' + path;
  const bound = new AbortController();
  const timer = setTimeout(() => bound.abort(), ANSWER_MS);
  let response: Response;
  let text: string;
  try {
    const bounded = { ...init, signal: bound.signal };
    response = await ServerConnection.makeRequest(url, bounded, settings);
    text = await response.text();
  } catch (error) {
    if (bound.signal.aborted) {
      const message = `no answer within ${ANSWER_MS / 1000} s`;
      throw new ApiError(504, 'timeout', message, '');
    }
    throw new ServerConnection.NetworkError(error as TypeError);
  } finally {
    clearTimeout(timer);
  }
  if (!response.ok) {
    throw errorOf(response, parse(text));
  }
  return text;
}
