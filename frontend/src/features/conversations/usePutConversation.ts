import { useQueryClient } from '@tanstack/react-query';

import type { Conversation, Summary } from '../../api/types';
import { keys } from '../../data/queries';
import type { Pages } from '../../live/lists';
import { putSummary } from '../../live/cache';

/** Puts a changed conversation, as the server returned it, into the page and the list. */
export function usePutConversation(): (
  changed: Omit<Summary, 'last_reply'> & Partial<Conversation>,
) => void {
  const client = useQueryClient();
  return ({ prompts: _, replies: __, ...rest }) => {
    const row = client
      .getQueriesData<Pages>({ queryKey: keys.lists })
      .flatMap(([, pages]) => pages?.pages.flatMap(({ results }) => results) ?? [])
      .find(({ id }) => id === rest.id);
    putSummary(client, { ...rest, last_reply: row?.last_reply ?? null });
  };
}
