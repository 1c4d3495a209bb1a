import { ActionIcon, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { IconChevronLeft, IconChevronRight } from '../../icons';
import { focusAfter } from '../../lib/focus';

type Props = {
  /** The same for all versions: going to another one may put another pager in this one's place. */
  name: string;
  label: string;
  count: number;
  at: number;
  onGo: (index: number) => void;
};

/** Arrows between the versions of a message or an answer; nothing where there is one. */
export function Pager({ name, label, count, at, onGo }: Props) {
  const { t } = useTranslation();
  if (count < 2 || at < 0) return null;
  const go = (index: number, arrow: 'first' | 'last'): void =>
    focusAfter(
      () => onGo(index),
      () => {
        const arrows = document.querySelectorAll<HTMLElement>(
          `[data-pager="${name}"] button:not(:disabled)`,
        );
        return arrow === 'first' ? arrows[0] : arrows[arrows.length - 1];
      },
    );
  return (
    <Group gap={0} wrap="nowrap" role="group" aria-label={label} data-pager={name}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('chat.previous')}
        disabled={at === 0}
        onClick={() => go(at - 1, 'first')}
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
        onClick={() => go(at + 1, 'last')}
      >
        <IconChevronRight size={17} />
      </ActionIcon>
    </Group>
  );
}
