import { createContext, use } from 'react';

import type { Conversation, Reply } from '../../api/types';

type ChatValue = {
  conversation: Conversation;
  /** The reply that has not ended; there is one at most. */
  running: Reply | null;
  /** Shows another variant, reply or choice; keys as in `Selection`. */
  select: (key: string, id: string) => void;
  /** Shows the latest branch, scrolled to its end. */
  showLatest: () => void;
};

export const ChatContext = createContext<ChatValue | null>(null);

/** Must be below a Chat. */
export function useChat(): ChatValue {
  const value = use(ChatContext);
  if (value === null) throw new Error('useChat needs a Chat above it.');
  return value;
}
