import '@mantine/notifications/styles.css';

import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { LiveProvider } from '../live/LiveProvider';
import { prefetchPages } from './prefetch';
import { newQueryClient } from '../data/queryClient';
import { Shell } from './Shell';

/**
 * Everything behind the login. SignedIn mounts it anew for each member, so that the query cache of
 * one is never shown to another.
 */
export function MemberApp() {
  const [client] = useState(newQueryClient);
  useEffect(prefetchPages, []);
  return (
    <QueryClientProvider client={client}>
      <LiveProvider>
        <Notifications position="bottom-left" />
        <Shell />
      </LiveProvider>
    </QueryClientProvider>
  );
}
