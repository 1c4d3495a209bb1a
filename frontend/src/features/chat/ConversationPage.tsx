import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';

import { Problem } from '../../api/problem';
import { isOpen } from '../../api/types';
import * as queries from '../../data/queries';
import { useLive } from '../../live/LiveProvider';
import { Chat } from './Chat';
import { ConversationMissing } from './ConversationMissing';
import { ConversationSkeleton } from './ConversationSkeleton';

/** How often an open reply is read while there is no socket. */
const POLL_MS = 2_000;

export function ConversationPage() {
  const { id = '' } = useParams();
  const { connection } = useLive();
  const { data, error, refetch } = useQuery({
    ...queries.conversation(id),
    refetchInterval: ({ state }) =>
      connection !== 'open' && state.data?.replies.some(({ status }) => isOpen(status))
        ? POLL_MS
        : false,
  });
  const gone = error instanceof Problem && error.status === 404;
  if (data !== undefined && !gone) return <Chat key={id} conversation={data} />;
  if (error !== null) return <ConversationMissing error={error} onRetry={() => void refetch()} />;
  return <ConversationSkeleton />;
}
