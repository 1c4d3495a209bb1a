import { describe, expect, it } from 'vitest';

import { attemptOf, settled } from './drafts';

const same = (before: { text: string }, now: { text: string }) => before.text === now.text;

describe('what is sent', () => {
  it('goes out again as it was, with its key, until it is settled', () => {
    const first = attemptOf('c', { text: 'a', after: 1 }, same);
    expect(attemptOf('c', { text: 'a', after: 2 }, same)).toEqual(first);
    settled('c');
    expect(attemptOf('c', { text: 'a', after: 2 }, same).key).not.toBe(first.key);
  });

  it('gets a key of its own when it is another text, or elsewhere', () => {
    const { key } = attemptOf('c', { text: 'a' }, same);
    expect(attemptOf('d', { text: 'a' }, same).key).not.toBe(key);
    expect(attemptOf('c', { text: 'b' }, same).key).not.toBe(key);
  });
});
