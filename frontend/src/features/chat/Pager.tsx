import { ActionIcon, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

type Props = { label: string; count: number; at: number; onGo: (index: number) => void };

/** Arrows between the versions of a message or an answer; nothing where there is one. */
export function Pager({ label, count, at, onGo }: Props) {
  const { t } = useTranslation();
  if (count < 2 || at < 0) return null;
  return (
    <Group gap={0} wrap="nowrap" role="group" aria-label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('chat.previous')}
        disabled={at === 0}
        onClick={() => onGo(at - 1)}
      >
        <IconChevronLeft size={17} />
      </ActionIcon>
      <Text size="sm" c="dimmed" ff="monospace" component="span">
        {at + 1}/{count}
      </Text>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('chat.next')}
        disabled={at === count - 1}
        onClick={() => onGo(at + 1)}
      >
        <IconChevronRight size={17} />
      </ActionIcon>
    </Group>
  );
}
