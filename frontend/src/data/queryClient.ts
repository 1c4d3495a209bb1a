import { QueryClient } from '@tanstack/react-query';

import { Problem } from '../api/problem';

/** A refusal does not change by asking again; a broken connection or a restarting server may. */
const worthRetrying = (count: number, error: Error): boolean =>
  error instanceof Problem ? error.isTransient && count < 4 : false;

export const newQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: { retry: worthRetrying, staleTime: 30_000, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
