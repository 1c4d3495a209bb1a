import { useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { isOpen, type Conversation } from '../../api/types';
import { ConversationHeader } from '../conversations/ConversationHeader';
import { Intake } from '../intake/Intake';
import { nextQuestion } from '../intake/progress';
import { offerFocus } from '../../lib/focus';
import { Announcer } from './Announcer';
import classes from './Chat.module.css';
import { COMPOSER } from './Composer';
import { ChatContext } from './context';
import { MessageComposer } from './MessageComposer';
import { Thread } from './Thread';
import { intakeOf, turnsOf, type Selection } from './tree';

/** One conversation: its header, its turns, and what may be said next. */
export function Chat({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const [selection, setSelection] = useState<Selection>({});
  const [skipped, setSkipped] = useState(false);
  const thread = useRef<{ toEnd: () => void }>(null);
  const turns = turnsOf(conversation, selection);
  const intake = intakeOf(conversation);
  const asking = conversation.replies.length === 0 && intake.length > 0 && !skipped;
  const context = {
    conversation,
    running: conversation.replies.find(({ status }) => isOpen(status)) ?? null,
    select: (key: string, id: string) => setSelection((known) => ({ ...known, [key]: id })),
    /** After a message was sent: shows the latest branch and scrolls to its end. */
    showLatest: () => {
      setSelection({});
      thread.current?.toEnd();
      offerFocus(document.querySelector<HTMLElement>(`[${COMPOSER}]`));
    },
  };
  const head = (): ReactNode => {
    if (
      intake.length > 0 &&
      (asking || turns.length > 0 || intake.some(({ answer }) => answer !== null))
    )
      return <Intake prompts={intake} conversation={conversation} hideOpen={!asking} />;
    return turns.length === 0 && <p className={classes.empty}>{t('chat.empty')}</p>;
  };
  return (
    <ChatContext value={context}>
      <main id="main" className={classes.page} tabIndex={-1}>
        <title>{`${conversation.title || t('conversation.untitled')} · Malgil`}</title>
        <ConversationHeader conversation={conversation} />
        <Thread handle={thread} turns={turns} head={head()} />
        <MessageComposer
          turns={turns}
          question={asking ? nextQuestion(intake) : null}
          ready={asking && nextQuestion(intake) === null}
          onSkip={() => setSkipped(true)}
        />
        <Announcer turns={turns} />
      </main>
    </ChatContext>
  );
}
