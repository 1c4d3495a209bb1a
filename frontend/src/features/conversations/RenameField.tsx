import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Summary } from '../../api/types';
import { useConversationChanges } from './useConversationChanges';

type Props = { conversation: Pick<Summary, 'id' | 'title'>; onClose: () => void };

/** Enter or leaving it keeps the new name, Escape the old one. */
export function RenameField({ conversation, onClose }: Props) {
  const { t } = useTranslation();
  const { change } = useConversationChanges();
  const keep = (value: string): void => {
    const title = value.trim();
    if (title !== '' && title !== conversation.title) void change(conversation.id, { title });
    onClose();
  };
  return (
    <TextInput
      w="100%"
      aria-label={t('conversation.rename')}
      defaultValue={conversation.title}
      maxLength={200}
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => keep(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') keep(event.currentTarget.value);
        if (event.key === 'Escape') {
          event.currentTarget.value = conversation.title;
          onClose();
        }
      }}
    />
  );
}
