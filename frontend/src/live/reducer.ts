/**
 * The text of running replies, built from live events. A pure function: the state depends on the
 * events and their order alone.
 */
import { isOpen } from '../api/types';
import type { Delta, Snapshot, TextEvent, Updated } from './protocol';

export type LiveReply = {
  attempt: number;
  seq: number;
  /** By the index of the choice. */
  texts: Readonly<Record<number, string>>;
  /** A delta was missed: further ones are ignored until a snapshot brings the whole text. */
  behind: boolean;
  /** A terminal `reply.updated` came. */
  ended: boolean;
  /** Why there is a new attempt: `retry` after the model failed, `rescue` after a worker was lost. */
  restart: 'none' | 'retry' | 'rescue';
};

export type LiveState = Readonly<Record<string, LiveReply>>;

/** The result of an event: the new state, and the replies to send a `resync` frame for. */
export type Step = { state: LiveState; resync: readonly string[] };

export const NO_REPLIES: LiveState = {};
const NEW_REPLY: LiveReply = {
  attempt: 0,
  seq: 0,
  texts: {},
  behind: false,
  ended: false,
  restart: 'none',
};

export function reduce(state: LiveState, event: TextEvent): Step {
  switch (event.type) {
    case 'reply.delta':
      return onDelta(state, event);
    case 'reply.snapshot':
      return stepTo(state, event.reply, onSnapshot(state[event.reply] ?? NEW_REPLY, event));
    case 'reply.updated':
      return stepTo(state, event.reply.id, onUpdate(state[event.reply.id] ?? NEW_REPLY, event));
  }
}

function onDelta(state: LiveState, event: Delta): Step {
  const known = state[event.reply] ?? NEW_REPLY;
  // Seen before, or of an attempt that has been replaced.
  if (known.ended || isBefore(event, known) || isAt(event, known)) return { state, resync: [] };
  const restarted = event.attempt > known.attempt;
  const base = restarted ? startedAttempt(known, event.attempt) : known;
  if (base.behind) return stepTo(state, event.reply, base);
  if (event.seq !== base.seq + 1) {
    return { state: { ...state, [event.reply]: { ...base, behind: true } }, resync: [event.reply] };
  }
  const texts = { ...base.texts, [event.choice]: (base.texts[event.choice] ?? '') + event.text };
  return stepTo(state, event.reply, { ...base, seq: event.seq, texts });
}

function onSnapshot(known: LiveReply, event: Snapshot): LiveReply {
  // A snapshot older than the deltas already applied would remove text.
  if (isBefore(event, known)) return known;
  const texts = Object.fromEntries(event.choices.map(({ index, content }) => [index, content]));
  const base = event.attempt > known.attempt ? startedAttempt(known, event.attempt) : known;
  return { ...base, seq: event.seq, texts, behind: false };
}

function onUpdate(known: LiveReply, { reply }: Updated): LiveReply {
  if (!isOpen(reply.status)) return { ...known, behind: false, ended: true };
  if (known.ended || reply.attempt < known.attempt) return known;
  if (reply.status === 'queued' && reply.attempt > 0) return interrupted(known, reply);
  return reply.attempt > known.attempt ? startedAttempt(known, reply.attempt) : known;
}

/** Queued again between two attempts: the text of the ended attempt is discarded. */
function interrupted(known: LiveReply, { attempt, retry_at }: Updated['reply']): LiveReply {
  return { ...known, attempt, texts: {}, restart: retry_at === null ? 'rescue' : 'retry' };
}

/** A new attempt, without text. It counts as a restart only if an earlier attempt was seen. */
function startedAttempt(known: LiveReply, attempt: number): LiveReply {
  const unannounced = known.attempt > 0 && known.restart === 'none' ? 'rescue' : known.restart;
  return { ...NEW_REPLY, attempt, ended: known.ended, restart: unannounced };
}

const isBefore = (event: { attempt: number; seq: number }, known: LiveReply): boolean =>
  event.attempt < known.attempt || (event.attempt === known.attempt && event.seq < known.seq);

const isAt = (event: { attempt: number; seq: number }, known: LiveReply): boolean =>
  event.attempt === known.attempt && event.seq === known.seq;

function stepTo(state: LiveState, reply: string, next: LiveReply): Step {
  return { state: state[reply] === next ? state : { ...state, [reply]: next }, resync: [] };
}
