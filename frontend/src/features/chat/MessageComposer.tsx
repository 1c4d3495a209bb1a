import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Prompt } from '../../api/types';
import { useSaveAnswer } from '../intake/useSaveAnswer';
import { useDraft } from './drafts';
import { ProblemAlert } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';
import { QuotaLine } from '../quota/QuotaLine';
import { QuotaNotice } from '../quota/QuotaNotice';
import { useQuotaSpent } from '../quota/useQuotaSpent';
import { useReplyActions } from './useReplyActions';
import classes from './Chat.module.css';
import { Composer } from './Composer';
import { useChat } from './context';
import { ReadyToAsk } from './ReadyToAsk';
import { tipOf, type Turn } from './tree';

type Props = {
  turns: Turn[];
  /** The intake's open question, which the text answers; null for a free message. */
  question: Prompt | null;
  /** The intake is answered, and nothing was asked yet. */
  ready: boolean;
  onSkip: () => void;
};

/** What the member says next: an answer of the intake, or a message. */
export function MessageComposer({ turns, question, ready, onSkip }: Props) {
  const { t } = useTranslation();
  const { conversation, running, showLatest } = useChat();
  const { ask, cancel } = useReplyActions();
  const answer = useSaveAnswer();
  const spent = useQuotaSpent();
  const draft = useDraft(conversation.id);
  const tip = tipOf(turns);

  const sending = useSubmit(async (text: string) => {
    if (question !== null) await answer(question, text);
    else await ask(conversation.id, { message: text, ...(tip && { after: tip.id }) });
    draft.clear(text);
    showLatest();
  });
  const stopping = useSubmit(async () => {
    if (running !== null) await cancel(running);
  });
  const error = sending.error ?? stopping.error;
  const skip = (
    <Button variant="subtle" size="compact-sm" onClick={onSkip}>
      {t('intake.skip')}
    </Button>
  );

  if (ready) return <ReadyToAsk onSkip={onSkip} />;
  return (
    <div className={classes.dock}>
      <ProblemAlert
        problem={error}
        mb="xs"
        className={classes.narrow}
        withCloseButton
        closeButtonLabel={t('app.close')}
        onClose={() => {
          sending.clear();
          stopping.clear();
        }}
      />
      <Composer
        value={draft.text}
        onChange={draft.change}
        onSend={() => void sending.submit(draft.text)}
        onStop={running ? () => void stopping.submit() : undefined}
        blocked={question === null && spent}
        pending={sending.pending}
        label={question?.prompt ?? t('chat.message')}
        placeholder={question ? t('intake.placeholder') : t('chat.placeholder')}
        notice={question === null && <QuotaNotice />}
        footer={
          <>
            <QuotaLine />
            {question ? (
              <span className={classes.chips}>
                {question.kind === 'misc' && (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    onClick={() => void sending.submit(t('intake.nothing'))}
                  >
                    {t('intake.nothing')}
                  </Button>
                )}
                {skip}
              </span>
            ) : (
              <span className={classes.hint}>{t('chat.enterHint')}</span>
            )}
          </>
        }
      />
    </div>
  );
}
