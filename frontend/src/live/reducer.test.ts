import { describe, expect, it } from 'vitest';

import type { Reply } from '../api/types';
import type { Delta, Snapshot, TextEvent, Updated } from './protocol';
import { NO_REPLIES, reduce, type LiveState } from './reducer';

const delta = (seq: number, text: string, attempt = 1, choice = 0): Delta => ({
  type: 'reply.delta',
  reply: 'r',
  conversation: 'c',
  attempt,
  seq,
  choice,
  text,
});
const snapshot = (seq: number, content: string, attempt = 1): Snapshot => ({
  type: 'reply.snapshot',
  reply: 'r',
  conversation: 'c',
  attempt,
  seq,
  choices: [{ index: 0, content }],
});
const updated = (
  status: Reply['status'],
  attempt: number,
  retry_at: string | null = null,
): Updated => ({
  type: 'reply.updated',
  reply: { id: 'r', status, attempt, retry_at } as Reply,
});

function run(events: TextEvent[], from: LiveState = NO_REPLIES) {
  const resync: string[] = [];
  let state = from;
  for (const event of events) {
    const step = reduce(state, event);
    state = step.state;
    resync.push(...step.resync);
  }
  return { reply: state.r, resync, state };
}
const text = (events: TextEvent[]): string => run(events).reply?.texts[0] ?? '';

describe('deltas', () => {
  it('add up to the text', () =>
    expect(text([delta(1, 'a'), delta(2, 'b'), delta(3, 'c')])).toBe('abc'));

  it('of several choices share one count', () => {
    const { reply } = run([delta(1, 'a', 1, 0), delta(2, 'x', 1, 1), delta(3, 'b', 1, 0)]);
    expect(reply?.texts).toEqual({ 0: 'ab', 1: 'x' });
  });

  it('that come twice are taken once, without a question', () => {
    const { reply, resync } = run([delta(1, 'a'), delta(1, 'a'), delta(2, 'b'), delta(1, 'a')]);
    expect(reply?.texts[0]).toBe('ab');
    expect(resync).toEqual([]);
  });

  it('after a gap are left until the snapshot, and the server is asked once', () => {
    const broken = run([delta(1, 'a'), delta(3, 'c'), delta(4, 'd')]);
    expect(broken.reply?.texts[0]).toBe('a');
    expect(broken.resync).toEqual(['r']);
    const mended = run([snapshot(4, 'abcd'), delta(5, 'e')], broken.state);
    expect(mended.reply?.texts[0]).toBe('abcde');
  });

  it('in the wrong order end in the same text', () => {
    expect(text([delta(2, 'b'), delta(1, 'a'), snapshot(2, 'ab'), delta(3, 'c')])).toBe('abc');
  });

  it('do not change the state given', () => {
    const before = run([delta(1, 'a')]).state;
    const copy = structuredClone(before);
    reduce(before, delta(2, 'b'));
    expect(before).toEqual(copy);
  });
});

describe('attempts', () => {
  it('that are higher discard the text so far', () => {
    expect(text([delta(1, 'old'), delta(2, ' text'), delta(1, 'new', 2)])).toBe('new');
  });

  it('that were given up add nothing', () => {
    expect(text([delta(1, 'new', 2), delta(2, 'old', 1), snapshot(9, 'old', 1)])).toBe('new');
  });

  it('say why they began: the worker was lost, or the model failed', () => {
    const lost = [updated('in_progress', 1), delta(1, 'a'), updated('queued', 1)];
    expect(run(lost).reply?.restart).toBe('rescue');
    expect(run([...lost, updated('in_progress', 2)]).reply?.restart).toBe('rescue');
    const failed = [updated('in_progress', 1), updated('queued', 1, '2026-01-01T00:00:00Z')];
    expect(run([...failed, updated('in_progress', 2)]).reply?.restart).toBe('retry');
  });

  it('that begin with a gap ask for a snapshot', () => {
    const { reply, resync } = run([delta(1, 'a'), delta(3, 'x', 2)]);
    expect(reply?.texts[0]).toBeUndefined();
    expect(resync).toEqual(['r']);
  });
});

describe('snapshots', () => {
  it('replace what is there', () =>
    expect(text([delta(1, 'a'), snapshot(7, 'abcdefg')])).toBe('abcdefg'));

  it('of a position that was passed are not taken', () => {
    expect(text([delta(1, 'a'), delta(2, 'b'), snapshot(1, 'a'), delta(3, 'c')])).toBe('abc');
  });

  it('of the position one has change nothing', () => {
    expect(text([delta(1, 'a'), snapshot(1, 'a'), delta(2, 'b')])).toBe('ab');
  });
});

describe('the end', () => {
  it('is final', () => {
    const { reply } = run([
      delta(1, 'a'),
      updated('completed', 1),
      delta(2, 'b'),
      updated('in_progress', 2),
    ]);
    expect(reply).toMatchObject({ ended: true, attempt: 1, texts: { 0: 'a' } });
  });
});

describe('any loss, repetition and order of deltas', () => {
  const whole = Array.from({ length: 40 }, (_, index) => delta(index + 1, `${index} `));
  const full = whole.map((event) => event.text).join('');

  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'ends in the stored text (seed %i)',
    (seed) => {
      const random = generator(seed);
      const mangled = whole
        .flatMap((event) => (random() < 0.2 ? [] : random() < 0.2 ? [event, event] : [event]))
        .map((event, index) => ({ event, at: index + random() * 4 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ event }) => event);
      expect(text([...mangled, snapshot(40, full)])).toBe(full);
    },
  );
});

function generator(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
