import { describe, expect, it } from 'vitest';

import { forgetRequest, requestToSend } from './idempotency';

const same = (before: { text: string }, now: { text: string }) => before.text === now.text;

describe('what is sent', () => {
  it('goes out again as it was, with its key, until it is forgotten', () => {
    const first = requestToSend('c', { text: 'a', after: 1 }, same);
    expect(requestToSend('c', { text: 'a', after: 2 }, same)).toEqual(first);
    forgetRequest('c');
    expect(requestToSend('c', { text: 'a', after: 2 }, same).key).not.toBe(first.key);
  });

  it('gets a key of its own when it is another text, or elsewhere', () => {
    const { key } = requestToSend('c', { text: 'a' }, same);
    expect(requestToSend('d', { text: 'a' }, same).key).not.toBe(key);
    expect(requestToSend('c', { text: 'b' }, same).key).not.toBe(key);
  });
});
