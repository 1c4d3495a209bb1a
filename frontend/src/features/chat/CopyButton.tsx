import { ActionIcon, CopyButton as Copied, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <Copied value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('chat.copied') : label} openDelay={400}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={copied ? t('chat.copied') : label}
            onClick={copy}
          >
            {copied ? <IconCheck size={17} /> : <IconCopy size={17} stroke={1.6} />}
          </ActionIcon>
        </Tooltip>
      )}
    </Copied>
  );
}
