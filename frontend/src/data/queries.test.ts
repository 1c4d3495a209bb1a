import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { keys, quota } from './queries';

beforeEach(() => vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('asks for the daily limit again when it begins anew', async () => {
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
  const read = vi.fn(() =>
    Promise.resolve({ limit: 5, used: 0, remaining: 5, resets_at: inAnHour() }),
  );
  const client = new QueryClient();
  client.setQueryData(keys.quota, { limit: 5, used: 5, remaining: 0, resets_at: inAnHour() });
  const stop = new QueryObserver(client, {
    ...quota,
    queryFn: read,
    staleTime: Infinity,
  }).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(3_590_000);
  expect(read).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(read).toHaveBeenCalledOnce();
  stop();
});
