/** What is read from the backend, under which key; and where a list goes on. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import * as api from '../api/endpoints';
import type { Conversation } from '../api/types';
import { withNewest } from '../live/recency';

export type ListFilter = { q: string; archived: boolean };

export const keys = {
  lists: ['conversations'] as const,
  list: (filter: ListFilter) => ['conversations', filter] as const,
  conversation: (id: string) => ['conversation', id] as const,
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
      const fetched = await api.conversations.get(id, { signal });
      return withNewest(client.getQueryData<Conversation>(keys.conversation(id)), fetched);
    },
  });

export const quota = queryOptions({ queryKey: keys.quota, queryFn: api.quota });
export const me = queryOptions({ queryKey: keys.me, queryFn: api.me.get });
export const models = queryOptions({
  queryKey: keys.models,
  queryFn: api.models,
  staleTime: 300_000,
});
