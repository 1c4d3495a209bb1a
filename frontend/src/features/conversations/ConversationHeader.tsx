import { ActionIcon, Badge, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Conversation } from '../../api/types';
import { models } from '../../data/queries';
import { IconAdjustmentsHorizontal } from '../../icons';
import { focusAfter } from '../../lib/focus';
import classes from './ConversationHeader.module.css';
import { ConversationMenu } from './ConversationMenu';
import { RenameField } from './RenameField';

const ConfigDialog = lazy(() => import('../settings/ConfigDialog'));

export function ConversationHeader({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const [renaming, setRenaming] = useState(false);
  const [configuring, config] = useDisclosure(false);
  const menu = useRef<HTMLButtonElement>(null);
  const settings = useRef<HTMLButtonElement>(null);
  const demo = useQuery(models).data?.demo === true;
  return (
    <header className={classes.header}>
      {renaming ? (
        <RenameField
          conversation={conversation}
          onClose={(byKey) =>
            focusAfter(
              () => setRenaming(false),
              () => (byKey ? menu.current : null),
            )
          }
        />
      ) : (
        <h1 className={classes.title} dir="auto">
          {conversation.title || t('conversation.untitled')}
        </h1>
      )}
      {demo && (
        <Tooltip
          label={t('demo.text')}
          multiline
          w={260}
          events={{ hover: true, focus: true, touch: true }}
        >
          <Badge variant="light" color="gray" tabIndex={0} className={classes.demo}>
            {t('demo.badge')}
          </Badge>
        </Tooltip>
      )}
      <Tooltip label={t('config.title')} openDelay={400}>
        <ActionIcon
          ref={settings}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('config.title')}
          onClick={config.open}
        >
          <IconAdjustmentsHorizontal size={20} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <ConversationMenu
        conversation={conversation}
        onRename={() => setRenaming(true)}
        buttonRef={menu}
      />
      {configuring && (
        <Suspense>
          <ConfigDialog
            conversation={conversation}
            onClose={() => focusAfter(config.close, () => settings.current)}
          />
        </Suspense>
      )}
    </header>
  );
}
