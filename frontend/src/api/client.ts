import i18n from 'i18next';

import { apiUrl } from './address';
import { network, problemOf } from './problem';
import * as session from './session';

export type RequestOptions = {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Sign-up and the like carry no token. */
  anonymous?: boolean;
};

/** The JSON of the response (undefined for 204). Throws a Problem for any status but 2xx. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The response itself, for downloads. Throws a Problem for any status but 2xx. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const token = options.anonymous ? null : await session.accessToken();
  let response = await fetchWith(path, options, token);
  if (response.status === 401 && token !== null) {
    response = await fetchWith(path, options, await session.renew());
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function fetchWith(
  path: string,
  options: RequestOptions,
  token: string | null,
): Promise<Response> {
  const headers: Record<string, string> = { 'Accept-Language': i18n.language, ...options.headers };
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path.startsWith('http') ? path : apiUrl(path), {
      method: options.method ?? 'GET',
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw network();
  }
}
