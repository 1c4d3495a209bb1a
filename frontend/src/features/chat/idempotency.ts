/** The Idempotency-Key of a request whose outcome is not known yet; it survives a reload. */
import { uuid } from '../../lib/ids';
import { storageKey, store } from './memberStorage';

type KeyedRequest<Body> = { key: string; body: Body };

/**
 * The body to send for `scope`, and its Idempotency-Key. While the request sent before has neither
 * been answered nor refused and `isSame` holds, that request is returned unchanged, so that sending
 * again after a lost answer, a reload or a double click makes one reply.
 */
export function requestToSend<Body>(
  scope: string,
  body: Body,
  isSame: (before: Body, now: Body) => boolean,
): KeyedRequest<Body> {
  const name = storageKey('sent', scope);
  const last = JSON.parse(localStorage.getItem(name) ?? 'null') as KeyedRequest<Body> | null;
  if (last !== null && isSame(last.body, body)) return last;
  const request = { key: uuid(), body };
  store(name, JSON.stringify(request));
  return request;
}

/** To be called when the server has answered or refused: the next request gets a new key. */
export const forgetRequest = (scope: string): void => store(storageKey('sent', scope), '');
