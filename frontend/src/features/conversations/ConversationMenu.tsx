import { ActionIcon, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useRef, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';

import type { Summary } from '../../api/types';
import {
  IconArchive,
  IconDots,
  IconDownload,
  IconPencil,
  IconPin,
  IconShare2,
  IconTrash,
} from '../../icons';
import { focusAfter } from '../../lib/focus';
import { useConversationChanges } from './useConversationChanges';
import { useDownload } from './useDownload';

const ShareDialog = lazy(() => import('../share/ShareDialog'));

/** The closing menu gives the focus back to its button, and would take it from a field opened before. */
const FOCUS_RETURNED_MS = 80;

type Props = {
  conversation: Pick<Summary, 'id' | 'title' | 'pinned' | 'archived'>;
  onRename: () => void;
  className?: string | undefined;
  buttonRef?: RefObject<HTMLButtonElement | null>;
};

export function ConversationMenu({ conversation, onRename, className, buttonRef }: Props) {
  const own = useRef<HTMLButtonElement>(null);
  const button = buttonRef ?? own;
  const { t } = useTranslation();
  const { id, pinned, archived } = conversation;
  const { change, remove } = useConversationChanges();
  const download = useDownload();
  const [sharing, share] = useDisclosure(false);
  const name = conversation.title || t('conversation.untitled');
  return (
    <>
      <Menu position="bottom-end" width={210} returnFocus>
        <Menu.Target>
          <ActionIcon
            ref={button}
            className={className}
            variant="subtle"
            color="gray"
            aria-label={t('conversation.menu', { name })}
          >
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPencil size={17} />}
            onClick={() => setTimeout(onRename, FOCUS_RETURNED_MS)}
          >
            {t('conversation.rename')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconPin size={17} />}
            onClick={() => void change(id, { pinned: !pinned })}
          >
            {t(pinned ? 'conversation.unpin' : 'conversation.pin')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArchive size={17} />}
            onClick={() => void change(id, { archived: !archived })}
          >
            {t(archived ? 'conversation.unarchive' : 'conversation.archive')}
          </Menu.Item>
          <Menu.Item leftSection={<IconShare2 size={17} />} onClick={share.open}>
            {t('share.action')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconDownload size={17} />}
            onClick={() => void download(conversation, 'md')}
          >
            {t('conversation.exportMarkdown')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconDownload size={17} />}
            onClick={() => void download(conversation, 'json')}
          >
            {t('conversation.exportJson')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={17} />}
            onClick={() => void remove(id)}
          >
            {t('conversation.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {sharing && (
        <Suspense>
          <ShareDialog id={id} onClose={() => focusAfter(share.close, () => button.current)} />
        </Suspense>
      )}
    </>
  );
}
