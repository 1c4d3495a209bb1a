import { ActionIcon, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Reply } from '../../api/types';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { IconRefresh } from '../../icons';
import { useQuotaSpent } from '../quota/useQuotaSpent';
import { useReplyActions } from './useReplyActions';
import { useChat } from './context';
import { CopyButton } from './CopyButton';
import { Pager } from './Pager';
import classes from './Reply.module.css';
import { replyKey, type Turn } from './tree';

type Props = { turn: Turn; reply: Reply; last: boolean };

/** Copy, ask again, earlier answers; and what the answer took. */
export function ReplyActions({ turn, reply, last }: Props) {
  const { t } = useTranslation();
  const { running, select, showLatest } = useChat();
  const { regenerate } = useReplyActions();
  const spent = useQuotaSpent();
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async () => {
    await regenerate(reply);
    showLatest();
  });
  const text = turn.choice?.content ?? '';
  return (
    <div className={classes.actions} data-last={last || undefined}>
      <Pager
        name={replyKey(turn.prompt.id)}
        label={t('chat.answers')}
        count={turn.replies.length}
        at={turn.replies.indexOf(reply)}
        onGo={(index) => select(replyKey(turn.prompt.id), turn.replies[index]?.id ?? reply.id)}
      />
      {text !== '' && <CopyButton text={text} label={t('chat.copy')} />}
      {last && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('chat.regenerate')}
          title={t('chat.regenerate')}
          loading={pending}
          disabled={spent || running !== null}
          onClick={() => void submit()}
        >
          <IconRefresh size={17} stroke={1.6} />
        </ActionIcon>
      )}
      <Text size="xs" c="dimmed" className={classes.usage}>
        {reply.config.model}
        {reply.usage && ` · ${t('chat.tokens', { count: reply.usage.total_tokens ?? 0 })}`}
      </Text>
      {error && (
        <Text size="sm" c="red" role="alert">
          {problemText(error)}
        </Text>
      )}
    </div>
  );
}
