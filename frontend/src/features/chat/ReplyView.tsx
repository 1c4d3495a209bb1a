import { useTranslation } from 'react-i18next';

import { isOpen, type Reply } from '../../api/types';
import { useLive } from '../../live/LiveProvider';
import { useLiveReply } from '../../live/texts';
import { Answers, type Answer } from './Answers';
import classes from './Reply.module.css';
import { ReplyActions } from './ReplyActions';
import { ReplyError } from './ReplyError';
import { ReplyStatus } from './ReplyStatus';
import type { Turn } from './tree';

type Props = { turn: Turn; reply: Reply; last: boolean };

/** A reply: its choices as they come or as they are stored, how it goes, what can be done. */
export function ReplyView({ turn, reply, last }: Props) {
  const { t } = useTranslation();
  const { texts } = useLive();
  const live = useLiveReply(texts, reply.id);
  const open = isOpen(reply.status);
  const answers = open ? comingAnswers(reply, live?.texts ?? {}) : storedAnswers(reply);
  const started = answers.some(({ text }) => text !== '');
  return (
    <section
      className={classes.reply}
      aria-label={t('chat.answer')}
      aria-busy={open}
      data-status={reply.status}
    >
      {open && <ReplyStatus reply={reply} restart={live?.restart ?? 'none'} started={started} />}
      {(started || answers.length > 1) && (
        <Answers answers={answers} reply={reply} chosen={turn.choice?.id ?? null} />
      )}
      {reply.error && <ReplyError reply={reply} error={reply.error} last={last} />}
      {!open && <ReplyActions turn={turn} reply={reply} last={last} />}
    </section>
  );
}

function comingAnswers({ config }: Reply, texts: Readonly<Record<number, string>>): Answer[] {
  const count = Math.max(config.n ?? 1, ...Object.keys(texts).map((index) => Number(index) + 1));
  return Array.from({ length: count }, (_, index) => ({
    id: null,
    index,
    text: texts[index] ?? '',
  }));
}

const storedAnswers = ({ choices }: Reply): Answer[] =>
  choices.map(({ id, index, content }) => ({ id, index, text: content }));
