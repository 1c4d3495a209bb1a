import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Reply } from '../../api/types';
import { useNow } from '../../lib/useNow';
import { putReply } from '../../live/cache';
import type { LiveReply } from '../../live/reducer';
import classes from './Reply.module.css';

type Props = { reply: Reply; restart: LiveReply['restart']; started: boolean };

/** How a reply that has not ended goes, in words. */
export function ReplyStatus({ reply, restart, started }: Props) {
  const { t } = useTranslation();
  const again = restart !== 'none' || reply.attempt > 1;
  if (reply.status === 'queued' && reply.retry_at !== null) return <Retrying at={reply.retry_at} />;
  if (again) return <Line text={t(restart === 'retry' ? 'status.retried' : 'status.restarted')} />;
  if (reply.status === 'queued') return <Waiting reply={reply} />;
  return started ? (
    <Line text={t('status.answering')} quiet />
  ) : (
    <Line text={t('status.thinking')} />
  );
}

function Line({ text, quiet = false }: { text: string; quiet?: boolean }) {
  return (
    <p className={classes.status} data-quiet={quiet || undefined}>
      <span className={classes.dot} aria-hidden="true" />
      {text}
    </p>
  );
}

function Retrying({ at }: { at: string }) {
  const { t } = useTranslation();
  const now = useNow(500);
  const seconds = Math.ceil((Date.parse(at) - now) / 1000);
  return (
    <Line text={seconds > 0 ? t('status.retryIn', { count: seconds }) : t('status.retried')} />
  );
}

/** The place in the queue moves without an event, so it is asked for while it is looked at. */
function Waiting({ reply }: { reply: Reply }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: ['queue', reply.id],
    queryFn: async ({ signal }) => {
      const found = await api.replies.get(reply.id, { signal });
      putReply(client, found);
      return found;
    },
    initialData: reply,
    staleTime: 1_000,
    refetchInterval: 2_000,
  });
  const before = (data.queue_position ?? 1) - 1;
  return <Line text={before > 0 ? t('status.before', { count: before }) : t('status.next')} />;
}
