/**
 * Which of two versions of a reply is newer. An HTTP answer and a socket frame may arrive in another
 * order than they were made in.
 */
import { isOpen, type Conversation, type Reply } from '../api/types';

/**
 * queued (attempt 0) < in progress (1) < queued again (1) < in progress (2) … < ended: the attempt
 * grows only when a worker takes the reply.
 */
function rank(reply: Reply): number {
  if (!isOpen(reply.status)) return Number.POSITIVE_INFINITY;
  return reply.attempt * 2 + (reply.status === 'queued' ? 1 : 0);
}

export const newer = (known: Reply | undefined, other: Reply): Reply =>
  known !== undefined && rank(known) > rank(other) ? known : other;

/** `fetched`, but with no reply older than one of `known`. */
export function withNewest(known: Reply[], fetched: Conversation): Conversation {
  const before = new Map<string, Reply>();
  for (const reply of known) before.set(reply.id, newer(before.get(reply.id), reply));
  return {
    ...fetched,
    replies: fetched.replies.map((reply) => newer(before.get(reply.id), reply)),
  };
}

/** The conversation with the reply put in; null when its prompt is not in the conversation. */
export function withReply(conversation: Conversation, reply: Reply): Conversation | null {
  const index = conversation.replies.findIndex(({ id }) => id === reply.id);
  if (index >= 0) {
    const replies = conversation.replies.map((old, at) => (at === index ? newer(old, reply) : old));
    return { ...conversation, replies };
  }
  if (!conversation.prompts.some(({ id }) => id === reply.prompt)) return null;
  return { ...conversation, replies: [...conversation.replies, reply] };
}
