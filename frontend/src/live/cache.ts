/** Writes live events into the query cache, so that pages show them without another request. */
import type { QueryClient } from '@tanstack/react-query';

import { keys, type ListFilter } from '../data/queries';
import { isOpen, type Conversation, type Reply, type Summary } from '../api/types';
import { replaced, without, withSummary, type Pages } from './lists';
import type { ServerFrame } from './protocol';
import { newer, withReply } from '../data/replyVersion';

export function apply(client: QueryClient, frame: ServerFrame): void {
  switch (frame.type) {
    case 'reply.updated':
      return putReply(client, frame.reply);
    case 'conversation.updated':
      return putSummary(client, frame.conversation);
    case 'conversation.deleted':
      return removeConversation(client, frame.conversation);
    case 'quota.updated':
      client.setQueryData(keys.quota, frame.quota);
      readAgain(client, keys.quota);
  }
}

export function putReply(client: QueryClient, received: Reply): void {
  const key = keys.conversation(received.conversation);
  const known = client.getQueryData<Conversation>(key);
  const early = client.getQueryData<Reply[]>(keys.earlyReplies(received.conversation)) ?? [];
  const reply = newer(
    early.find(({ id }) => id === received.id),
    received,
  );
  const next = known && withReply(known, reply);
  if (next) return void client.setQueryData(key, next);
  rememberEarly(client, early, reply);
  // Its prompt is unknown here: it was sent from another tab, or the reply ended before the answer to
  // our own request arrived.
  if (known) void client.invalidateQueries({ queryKey: key });
}

/** Kept for `conversation()`: a request on its way may have read the conversation before this. */
function rememberEarly(client: QueryClient, early: Reply[], reply: Reply): void {
  const others = early.filter(({ id }) => id !== reply.id);
  client.setQueryData(keys.earlyReplies(reply.conversation), [...others, reply]);
}

export function putSummary(client: QueryClient, summary: Summary): void {
  eachList(client, ({ q, archived }, pages) => {
    if (archived !== summary.archived) return without(pages, summary.id);
    return q === '' ? withSummary(pages, summary) : replaced(pages, summary);
  });
  const key = keys.conversation(summary.id);
  const known = client.getQueryData<Conversation>(key);
  if (known === undefined) return;
  const { title, config, pinned, archived, updated_at } = summary;
  client.setQueryData(key, { ...known, title, config, pinned, archived, updated_at });
  // An intake answer given in another tab has no event of its own.
  if (known.replies.length === 0) void client.invalidateQueries({ queryKey: key });
}

export function removeConversation(client: QueryClient, id: string): void {
  eachList(client, (_, pages) => without(pages, id));
  void client.invalidateQueries({ queryKey: keys.conversation(id) });
}

/**
 * To be called on a new connection, since events may have been missed: reads everything again.
 * Returns the ids of the replies to ask a `resync` for.
 */
export function catchUp(client: QueryClient): string[] {
  void client.invalidateQueries({ queryKey: keys.lists });
  void client.invalidateQueries({ queryKey: keys.quota });
  void client.invalidateQueries({ queryKey: ['conversation'] });
  return client
    .getQueriesData<Conversation>({ queryKey: ['conversation'] })
    .flatMap(([, conversation]) => conversation?.replies ?? [])
    .filter(({ status }) => isOpen(status))
    .map(({ id }) => id);
}

/** A request on its way may carry the state before the event, and would overwrite it. */
function readAgain(client: QueryClient, queryKey: readonly string[]): void {
  if (client.isFetching({ queryKey }) === 0) return;
  void client.cancelQueries({ queryKey }).then(() => client.invalidateQueries({ queryKey }));
}

function eachList(client: QueryClient, change: (filter: ListFilter, pages: Pages) => Pages): void {
  for (const [key, pages] of client.getQueriesData<Pages>({ queryKey: keys.lists })) {
    if (pages) client.setQueryData(key, change(key[1] as ListFilter, pages));
  }
  readAgain(client, keys.lists);
}
