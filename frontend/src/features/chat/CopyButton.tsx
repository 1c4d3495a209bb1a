import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';

import { IconCheck, IconCopy } from '../../icons';

/** Every row of a conversation has one, so it uses the browser's tooltip: Mantine's costs more. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const { copy, copied } = useClipboard({ timeout: 1500 });
  const name = copied ? t('chat.copied') : label;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={name}
      title={name}
      onClick={() => copy(text)}
    >
      {copied ? <IconCheck size={17} /> : <IconCopy size={17} stroke={1.6} />}
    </ActionIcon>
  );
}
