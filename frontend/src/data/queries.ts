/** The query options and cache keys of what is read from the API. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import * as api from '../api/endpoints';
import type { Conversation, Reply } from '../api/types';
import { withNewest } from './replyVersion';

export type ListFilter = { q: string; archived: boolean };

export const keys = {
  lists: ['conversations'] as const,
  list: (filter: ListFilter) => ['conversations', filter] as const,
  conversation: (id: string) => ['conversation', id] as const,
  /** Replies received by the socket before their conversation was loaded, by conversation. */
  earlyReplies: (id: string) => ['early-replies', id] as const,
  quota: ['quota'] as const,
  me: ['me'] as const,
  models: ['models'] as const,
};

export const conversationList = (filter: ListFilter) =>
  infiniteQueryOptions({
    queryKey: keys.list(filter),
    queryFn: ({ pageParam, signal }) =>
      api.conversations.page({ ...filter, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) =>
      next === null ? null : new URL(next).searchParams.get('cursor'),
  });

export const conversation = (id: string) =>
  queryOptions({
    queryKey: keys.conversation(id),
    queryFn: async ({ client, signal }) => {
      const read = () => api.conversations.get(id, { signal });
      const early = () => client.getQueryData<Reply[]>(keys.earlyReplies(id)) ?? [];
      const first = await read();
      const fetched = hasAll(first, early()) ? first : await read();
      const known = client.getQueryData<Conversation>(keys.conversation(id))?.replies ?? [];
      return withNewest([...early(), ...known], fetched);
    },
  });

const hasAll = ({ replies }: Conversation, expected: Reply[]): boolean =>
  expected.every(({ id }) => replies.some((reply) => reply.id === id));

/** No event says that the daily limit has been reset, so it is read again at that moment. */
const msUntilReset = (resetsAt: string): number =>
  Math.min(Math.max(Date.parse(resetsAt) - Date.now() + 1_000, 5_000), LONGEST_TIMER_MS);
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const quota = queryOptions({
  queryKey: keys.quota,
  queryFn: api.quota,
  refetchInterval: ({ state }) =>
    state.data === undefined ? false : msUntilReset(state.data.resets_at),
});
export const me = queryOptions({ queryKey: keys.me, queryFn: api.me.get });
export const models = queryOptions({
  queryKey: keys.models,
  queryFn: api.models,
  staleTime: 300_000,
});
