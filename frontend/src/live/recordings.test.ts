/** Frames recorded from the real backend, given to the reducer whole and with losses. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import type { Reply } from '../api/types';
import type { Snapshot, TextEvent } from './protocol';
import { NO_REPLIES, reduce, type LiveReply } from './reducer';

type Recording = { events: TextEvent[]; stored: Reply };

const FOLDER = path.resolve(import.meta.dirname, 'recordings');
const names = readdirSync(FOLDER);
const load = (name: string) =>
  JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Recording;

function play(
  events: TextEvent[],
  answerTo: (resync: string) => TextEvent[] = () => [],
): LiveReply | undefined {
  let state = NO_REPLIES;
  const queue = [...events];
  for (let event = queue.shift(); event; event = queue.shift()) {
    const step = reduce(state, event);
    state = step.state;
    queue.unshift(...step.resync.flatMap(answerTo));
  }
  return Object.values(state)[0];
}

const storedTexts = ({ choices }: Reply) =>
  Object.fromEntries(
    choices.filter(({ content }) => content !== '').map(({ index, content }) => [index, content]),
  );

describe.each(names)('%s', (name) => {
  const { events, stored } = load(name);

  it('ends in the stored text', () => {
    const live = play(events);
    expect(live?.texts).toEqual(storedTexts(stored));
    expect(live?.ended).toBe(true);
  });

  it('ends in the stored text when each frame comes twice', () => {
    expect(play(events.flatMap((event) => [event, event]))?.texts).toEqual(storedTexts(stored));
  });

  it('ends in the stored text when frames are lost and the server is asked', () => {
    const whole: Snapshot = {
      type: 'reply.snapshot',
      reply: stored.id,
      conversation: stored.conversation,
      attempt: stored.attempt,
      seq: 1_000_000,
      choices: stored.choices,
    };
    const lossy = events.filter((event, index) => event.type !== 'reply.delta' || index % 3 !== 0);
    expect(play([...lossy, whole], () => [whole])?.texts).toEqual(storedTexts(stored));
  });
});

it('there are recordings of a lost worker, a failed attempt, several choices and a reload', () => {
  expect(names.sort()).toEqual(
    ['answer', 'choices', 'reloaded', 'rescued', 'retried', 'stopped', 'unstreamed'].map(
      (name) => `${name}.json`,
    ),
  );
  expect(load('rescued.json').stored.attempt).toBeGreaterThan(1);
  expect(
    load('retried.json').events.some(
      (event) => event.type === 'reply.updated' && event.reply.retry_at,
    ),
  ).toBe(true);
});
