import { QueryClient } from '@tanstack/react-query';

import { Problem } from '../api/problem';

/** Network errors and 5xx are tried again, at most four times; a refusal (4xx) would stay one. */
const worthRetrying = (count: number, error: Error): boolean =>
  error instanceof Problem ? error.isTransient && count < 4 : false;

export const newQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: { retry: worthRetrying, staleTime: 30_000, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
