/** The reply whose end this page tells of: the last that it asked for, or has seen open. */
import { useSyncExternalStore } from 'react';

let awaited: string | null = null;
const listeners = new Set<() => void>();

export function awaitReply(id: string): void {
  awaited = id;
  listeners.forEach((listener) => listener());
}

/** Its id. */
export const useAwaitedReply = (): string | null => useSyncExternalStore(subscribe, () => awaited);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
