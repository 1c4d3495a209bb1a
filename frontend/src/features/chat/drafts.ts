/** What is typed but not sent; it survives a reload. */
import { useState } from 'react';

import { storageKey, store } from './memberStorage';

/** The draft of `scope` (a conversation, or "new"). Use a `key` on the component per scope. */
export function useDraft(scope: string) {
  const key = storageKey('draft', scope);
  const [text, setText] = useState(() => localStorage.getItem(key) ?? '');
  const change = (next: string): void => {
    setText(next);
    store(key, next);
  };
  /** To be called once `sent` was accepted. Text typed meanwhile stays. */
  const clear = (sent: string): void => {
    setText((current) => (current === sent ? '' : current));
    if (localStorage.getItem(key) === sent) store(key, '');
  };
  return { text, change, clear };
}
