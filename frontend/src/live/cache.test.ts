/** An event and an answer to a question may cross on the way. */
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import * as api from '../api/endpoints';
import type { Conversation, Reply } from '../api/types';
import { conversation, keys, quota } from '../data/queries';
import { apply, putReply } from './cache';

const PROMPT = { id: 'p1', kind: 'message', prompt: '', answer: 'Hi', parent: null, position: 0 };
const QUOTA = { limit: 5, used: 3, remaining: 2, resets_at: '2026-01-01T00:00:00Z' };
const reply = (given: Partial<Reply> = {}) =>
  ({ id: 'r1', conversation: 'c1', prompt: 'p1', status: 'queued', attempt: 0, ...given }) as Reply;
const stored = (...replies: Reply[]) =>
  ({ id: 'c1', prompts: [PROMPT], replies }) as unknown as Conversation;
const told = (given: Partial<Reply>) =>
  apply(client, { type: 'reply.updated', reply: reply(given) });
const shown = () => client.getQueryData<Conversation>(keys.conversation('c1'));

let client: QueryClient;
const get = vi.spyOn(api.conversations, 'get');
beforeEach(() => {
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
});
afterEach(() => {
  client.clear();
  get.mockReset();
});

it('an end that is told while the conversation is on its way is not lost', async () => {
  get.mockImplementation(() => {
    told({ status: 'failed', attempt: 1 });
    return Promise.resolve(stored(reply()));
  });

  await client.query(conversation('c1'));

  expect(shown()?.replies[0]?.status).toBe('failed');
});

it('an end that comes before the answer to the request itself is not lost', () => {
  const empty = { ...stored(), prompts: [] };
  client.setQueryData(keys.conversation('c1'), empty);

  told({ status: 'failed', attempt: 1 });
  client.setQueryData(keys.conversation('c1'), stored());
  putReply(client, reply());

  expect(shown()?.replies[0]?.status).toBe('failed');
});

it('of two ends of the way the newer counts, whichever was told last', async () => {
  get.mockImplementation(() => {
    told({ status: 'in_progress', attempt: 2 });
    told({ status: 'queued', attempt: 1 });
    return Promise.resolve(stored(reply({ status: 'in_progress', attempt: 1 })));
  });

  await client.query(conversation('c1'));

  expect(shown()?.replies[0]).toMatchObject({ status: 'in_progress', attempt: 2 });
});

it('a reply that was asked for while the conversation was being read is read, too', async () => {
  get.mockImplementationOnce(() => {
    told({});
    return Promise.resolve(stored());
  });
  get.mockResolvedValueOnce(stored(reply()));

  await client.query(conversation('c1'));

  expect(shown()?.replies).toHaveLength(1);
  expect(get).toHaveBeenCalledTimes(2);
});

it('what was read is not asked for again', async () => {
  get.mockResolvedValue(stored(reply({ status: 'completed', attempt: 1 })));

  await client.query(conversation('c1'));
  told({ status: 'queued' });

  expect(shown()?.replies[0]?.status).toBe('completed');
  expect(get).toHaveBeenCalledTimes(1);
});

it('a limit that is told while it is being read is read again', async () => {
  const read = vi.spyOn(api, 'quota');
  read.mockImplementationOnce(() => {
    apply(client, { type: 'quota.updated', quota: { ...QUOTA, remaining: 1 } });
    return Promise.resolve({ ...QUOTA, remaining: 2 });
  });
  read.mockResolvedValueOnce({ ...QUOTA, remaining: 1 });
  const observer = new QueryObserver(client, { ...quota, queryFn: () => api.quota() });
  const stop = observer.subscribe(() => undefined);

  await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2));

  await vi.waitFor(() => expect(client.getQueryData(keys.quota)).toMatchObject({ remaining: 1 }));
  stop();
});
