import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { isOpen } from '../../api/types';
import classes from './Chat.module.css';
import type { Turn } from './tree';

const SPOKEN_MAX_CHARS = 600;

/** Tells a screen reader that an answer which was coming has ended, and what it says. */
export function Announcer({ turns }: { turns: Turn[] }) {
  const { t } = useTranslation();
  const reply = turns.at(-1)?.reply ?? null;
  const awaited = useRef<string | null>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (reply === null) return;
    if (isOpen(reply.status)) awaited.current = reply.id;
    else if (awaited.current === reply.id) {
      awaited.current = null;
      const text = reply.choices[0]?.content.slice(0, SPOKEN_MAX_CHARS) ?? '';
      const heard = reply.status === 'completed' ? 'chat.finished' : 'chat.ended';
      setSaid(`${t(heard)} ${text}`);
    }
  }, [reply, t]);
  return (
    <div className={classes.srOnly} role="status" aria-live="polite" data-testid="announcer">
      {said}
    </div>
  );
}
