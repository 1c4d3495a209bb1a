import { memo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { focusAfter } from '../../lib/focus';
import { useQuotaSpent } from '../quota/useQuotaSpent';
import { useReplyActions } from './useReplyActions';
import { Bubble } from './Bubble';
import { BubbleEditor } from './BubbleEditor';
import { useChat } from './context';
import { Pager } from './Pager';
import { ReplyView } from './ReplyView';
import type { Turn } from './tree';

type Props = { turn: Turn; last: boolean };

/** A message and the reply to it. Of the intake only the reply: its questions stand above. */
export const TurnView = memo(function TurnView({ turn, last }: Props) {
  return (
    <article>
      {turn.prompt.kind === 'message' && <Message turn={turn} />}
      {turn.reply && <ReplyView key={turn.reply.id} turn={turn} reply={turn.reply} last={last} />}
    </article>
  );
});

function Message({ turn: { prompt, variants, parentKey } }: { turn: Turn }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const { conversation, running, select, showLatest } = useChat();
  const { ask } = useReplyActions();
  const spent = useQuotaSpent();
  if (editing) {
    return (
      <BubbleEditor
        text={prompt.answer ?? ''}
        save="send"
        blocked={spent || running !== null}
        onSave={async (message) => {
          await ask(conversation.id, { message, after: prompt.parent });
          showLatest();
        }}
        onClose={(saved) => {
          if (saved) setEditing(false);
          else
            focusAfter(
              () => setEditing(false),
              () => edit.current,
            );
        }}
      />
    );
  }
  return (
    <Bubble
      text={prompt.answer ?? ''}
      editRef={edit}
      onEdit={running ? undefined : () => setEditing(true)}
    >
      <Pager
        name={parentKey}
        label={t('chat.versions')}
        count={variants.length}
        at={variants.indexOf(prompt)}
        onGo={(index) => select(parentKey, variants[index]?.id ?? prompt.id)}
      />
    </Bubble>
  );
}
