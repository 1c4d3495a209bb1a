/** Sends, regenerates and cancels replies, and shows the accepted reply at once. */
import { useQueryClient, type QueryClient } from '@tanstack/react-query';

import * as api from '../../api/endpoints';
import { Problem } from '../../api/problem';
import type { Conversation, Reply, ReplyInput } from '../../api/types';
import { keys } from '../../data/queries';
import { putReply } from '../../live/cache';
import { awaitReply } from './awaited';
import { forgetRequest, requestToSend } from './idempotency';

/**
 * `ask` and `regenerate` keep their Idempotency-Key until the server has answered, so that calling
 * them again for the same request makes no second reply.
 */
export function useReplyActions() {
  const client = useQueryClient();
  return {
    /** With a message, or with the intake's answers. `after` null: on the root. */
    ask: async (conversation: string, given: ReplyInput): Promise<Reply> => {
      const { key, body } = requestToSend(conversation, given, sameMessage);
      const reply = await sendOnce(
        client,
        conversation,
        api.conversations.ask(conversation, body, key),
      );
      if (body.message !== undefined) putPrompt(client, reply, body);
      putReply(client, reply);
      return reply;
    },
    regenerate: async (reply: Reply): Promise<Reply> => {
      const { key } = requestToSend(reply.id, null, () => true);
      const next = await sendOnce(client, reply.id, api.replies.regenerate(reply.id, key));
      putReply(client, next);
      return next;
    },
    cancel: async (reply: Reply): Promise<void> =>
      putReply(client, await api.replies.cancel(reply.id)),
  };
}

/** `after` is not compared: a reply whose answer was lost may have become the end meanwhile. */
const sameMessage = (before: ReplyInput, now: ReplyInput): boolean =>
  before.message === now.message;

async function sendOnce(
  client: QueryClient,
  scope: string,
  sending: Promise<Reply>,
): Promise<Reply> {
  try {
    const reply = await sending;
    forgetRequest(scope);
    // It may end before anything shows it open.
    awaitReply(reply.id);
    return reply;
  } catch (error) {
    // A refusal is final, so the same text later is a new request. A transient error keeps the key.
    if (error instanceof Problem && !error.isTransient) forgetRequest(scope);
    if (error instanceof Problem && error.code === 'daily_limit_reached') {
      void client.invalidateQueries({ queryKey: keys.quota });
    }
    throw error;
  }
}

function putPrompt(client: QueryClient, reply: Reply, { message, after }: ReplyInput): void {
  client.setQueryData<Conversation>(keys.conversation(reply.conversation), (known) => {
    if (known === undefined || known.prompts.some(({ id }) => id === reply.prompt)) return known;
    const prompt = {
      id: reply.prompt,
      kind: 'message' as const,
      prompt: '',
      answer: message ?? '',
      parent: after ?? null,
      position: known.prompts.length,
    };
    return { ...known, prompts: [...known.prompts, prompt] };
  });
}
