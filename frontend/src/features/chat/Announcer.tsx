import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { isOpen, type Reply } from '../../api/types';
import { awaitReply, useAwaitedReply } from './awaited';
import classes from './Chat.module.css';
import type { Turn } from './tree';

const SPOKEN_MAX_CHARS = 600;

/** Tells a screen reader that an answer which was coming has ended, and what it says. */
export function Announcer({ turns }: { turns: Turn[] }) {
  const { t } = useTranslation();
  const reply = turns.at(-1)?.reply ?? null;
  const awaited = useAwaitedReply();
  const [told, setTold] = useState<Reply | null>(null);
  useEffect(() => {
    if (reply !== null && isOpen(reply.status)) awaitReply(reply.id);
  }, [reply]);
  if (reply !== null && !isOpen(reply.status) && reply.id === awaited && reply.id !== told?.id)
    setTold(reply);
  return (
    <div className={classes.srOnly} role="status" aria-live="polite" data-testid="announcer">
      {told !== null &&
        `${t(told.status === 'completed' ? 'chat.finished' : 'chat.ended')} ${spoken(told)}`}
    </div>
  );
}

const spoken = ({ choices }: Reply): string => choices[0]?.content.slice(0, SPOKEN_MAX_CHARS) ?? '';
