import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';

import * as api from '../../api/endpoints';
import type { ConversationChange } from '../../api/types';
import { keys } from '../../data/queries';
import { useProblemText } from '../../forms/useProblemText';
import { removeConversation } from '../../live/cache';
import { usePutConversation } from './usePutConversation';

/** Changes, deletes and restores a conversation. A failure is shown in a notification. */
export function useConversationChanges() {
  const client = useQueryClient();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const problemText = useProblemText();
  const put = usePutConversation();

  const notifyOnError = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) =>
      notifications.show({ color: 'red', message: problemText(error) }),
    );
  };

  const change = (id: string, body: ConversationChange): Promise<void> =>
    notifyOnError(
      api.conversations.change(id, body).then((changed) => {
        put(changed);
        // Its new place in the list depends on rows that are not loaded.
        if ('pinned' in body || 'archived' in body)
          void client.invalidateQueries({ queryKey: keys.lists });
      }),
    );

  /** `back`: to the conversation, which was open when it was deleted. */
  const restore = (id: string, back: boolean): Promise<void> =>
    notifyOnError(
      api.conversations
        .restore(id)
        .then(() =>
          Promise.all([
            client.invalidateQueries({ queryKey: keys.lists }),
            client.invalidateQueries({ queryKey: keys.conversation(id) }),
          ]),
        )
        .then(() => back && navigate(`/c/${id}`)),
    );

  const remove = (id: string): Promise<void> =>
    notifyOnError(
      api.conversations.remove(id).then(() => {
        const open = pathname === `/c/${id}`;
        if (open) void navigate('/');
        removeConversation(client, id);
        const notice = notifications.show({
          autoClose: 8_000,
          withCloseButton: true,
          closeButtonProps: { 'aria-label': t('app.close') },
          message: (
            <>
              {t('conversation.deleted')}{' '}
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={() => {
                  notifications.hide(notice);
                  void restore(id, open);
                }}
              >
                {t('conversation.undo')}
              </Button>
            </>
          ),
        });
      }),
    );

  return { change, remove };
}
