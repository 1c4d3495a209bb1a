import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Summary } from '../../api/types';
import { isComposing } from '../../lib/composing';
import { useConversationChanges } from './useConversationChanges';

type Props = {
  conversation: Pick<Summary, 'id' | 'title'>;
  /** By a key, or by leaving the field for something else. */
  onClose: (byKey: boolean) => void;
};

/** Enter or leaving the field saves the new name; Escape keeps the old one. */
export function RenameField({ conversation, onClose }: Props) {
  const { t } = useTranslation();
  const { change } = useConversationChanges();
  const keep = (value: string, byKey: boolean): void => {
    const title = value.trim();
    if (title !== '' && title !== conversation.title) void change(conversation.id, { title });
    onClose(byKey);
  };
  return (
    <TextInput
      w="100%"
      aria-label={t('conversation.rename')}
      defaultValue={conversation.title}
      maxLength={200}
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => keep(event.currentTarget.value, false)}
      onKeyDown={(event) => {
        if (isComposing(event)) return;
        if (event.key === 'Enter') {
          // Else the same Enter would press what has the focus next.
          event.preventDefault();
          keep(event.currentTarget.value, true);
        }
        if (event.key === 'Escape') {
          event.currentTarget.value = conversation.title;
          onClose(true);
        }
      }}
    />
  );
}
