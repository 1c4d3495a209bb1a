import { ActionIcon } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import classes from './Bubble.module.css';
import { CopyButton } from './CopyButton';

type Props = { text: string; onEdit?: (() => void) | undefined; children?: ReactNode };

/** What the member said: as it was typed, no Markdown. */
export function Bubble({ text, onEdit, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.row}>
      <div className={classes.bubble} dir="auto">
        {text}
      </div>
      <div className={classes.actions}>
        {children}
        <CopyButton text={text} label={t('chat.copy')} />
        {onEdit && (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('chat.edit')}
            title={t('chat.edit')}
            onClick={onEdit}
          >
            <IconPencil size={17} stroke={1.6} />
          </ActionIcon>
        )}
      </div>
    </div>
  );
}
