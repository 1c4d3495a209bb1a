import { ActionIcon } from '@mantine/core';
import type { ReactNode, Ref } from 'react';
import { useTranslation } from 'react-i18next';

import { IconPencil } from '../../icons';
import classes from './Bubble.module.css';
import { CopyButton } from './CopyButton';

type Props = {
  text: string;
  onEdit?: (() => void) | undefined;
  editRef?: Ref<HTMLButtonElement>;
  children?: ReactNode;
};

/** What the member said: as it was typed, no Markdown. */
export function Bubble({ text, onEdit, editRef, children }: Props) {
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
            ref={editRef}
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
