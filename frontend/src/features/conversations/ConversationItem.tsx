import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';

import { isOpen, type Summary } from '../../api/types';
import { IconPin } from '../../icons';
import { focusAfter } from '../../lib/focus';
import { ConversationMenu } from './ConversationMenu';
import { RenameField } from './RenameField';
import classes from './Sidebar.module.css';

type Props = { summary: Summary; onLeave: () => void };

export function ConversationItem({ summary, onLeave }: Props) {
  const { t } = useTranslation();
  const [renaming, setRenaming] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const path = `/c/${summary.id}`;
  const current = useLocation().pathname === path;
  if (renaming) {
    return (
      <li className={classes.item}>
        <RenameField
          conversation={summary}
          onClose={(byKey) =>
            focusAfter(
              () => setRenaming(false),
              () => (byKey ? link.current : null),
            )
          }
        />
      </li>
    );
  }
  return (
    <li className={classes.item} data-current={current || undefined}>
      <Link
        ref={link}
        to={path}
        className={classes.link}
        aria-current={current ? 'page' : undefined}
        onClick={onLeave}
        onDoubleClick={() => setRenaming(true)}
      >
        {summary.pinned && (
          <IconPin size={15} className={classes.pin} aria-label={t('list.pinned')} />
        )}
        <span className={classes.title} dir="auto">
          {summary.title || t('conversation.untitled')}
        </span>
        {summary.last_reply && isOpen(summary.last_reply.status) && (
          <span className={classes.running} role="img" aria-label={t('status.answering')} />
        )}
      </Link>
      <ConversationMenu
        conversation={summary}
        className={classes.menu}
        onRename={() => setRenaming(true)}
      />
    </li>
  );
}
