import { useQueryClient } from '@tanstack/react-query';

import * as api from '../../api/endpoints';
import type { Conversation, Prompt } from '../../api/types';
import { keys } from '../../data/queries';
import { useChat } from '../chat/context';

/** Stores an answer of the intake and shows it. */
export function useSaveAnswer(): (question: Prompt, text: string) => Promise<void> {
  const client = useQueryClient();
  const { id } = useChat().conversation;
  return async (question, text) => {
    const stored = await api.conversations.answer(id, question.id, text);
    client.setQueryData<Conversation>(
      keys.conversation(id),
      (known) =>
        known && {
          ...known,
          prompts: known.prompts.map((old) => (old.id === stored.id ? stored : old)),
        },
    );
    // The server names the conversation after the answer to the goal.
    if (stored.kind === 'goal') {
      void client.invalidateQueries({ queryKey: keys.conversation(id) });
      void client.invalidateQueries({ queryKey: keys.lists });
    }
  };
}
