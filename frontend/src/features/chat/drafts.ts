/** What is typed but not sent, and under which key it was sent last; both survive a reload. */
import { useState } from 'react';

import { memberId } from '../../api/session';
import { uuid } from '../../lib/ids';

const name = (kind: string, scope: string): string => `malgil.${kind}.${memberId() ?? ''}.${scope}`;

function write(key: string, value: string): void {
  try {
    if (value === '') localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is full or forbidden: what is typed lives as long as the page.
  }
}

/** The draft of `scope` (a conversation, or "new"). Use a `key` on the component per scope. */
export function useDraft(scope: string) {
  const key = name('draft', scope);
  const [text, setText] = useState(() => localStorage.getItem(key) ?? '');
  const change = (next: string): void => {
    setText(next);
    write(key, next);
  };
  /** Once `sent` was accepted. What was typed meanwhile stays. */
  const clear = (sent: string): void => {
    setText((current) => (current === sent ? '' : current));
    if (localStorage.getItem(key) === sent) write(key, '');
  };
  return { text, change, clear };
}

type Sent<Body> = { key: string; body: Body };

/**
 * What to send, and under which Idempotency-Key. What was sent before and is neither answered nor
 * refused (`isSame`) goes out again as it was, so that sending after a lost answer, a reload or a
 * double click asks once.
 */
export function attemptOf<Body>(
  scope: string,
  body: Body,
  isSame: (before: Body, now: Body) => boolean,
): Sent<Body> {
  const at = name('sent', scope);
  const last = JSON.parse(localStorage.getItem(at) ?? 'null') as Sent<Body> | null;
  if (last !== null && isSame(last.body, body)) return last;
  const attempt = { key: uuid(), body };
  write(at, JSON.stringify(attempt));
  return attempt;
}

export const settled = (scope: string): void => write(name('sent', scope), '');
