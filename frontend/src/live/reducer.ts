/**
 * The text of running replies, rebuilt from live events. Pure: the same events in the same order
 * give the same state, and nothing else is looked at.
 */
import { isOpen } from '../api/types';
import type { Delta, Snapshot, TextEvent, Updated } from './protocol';

export type LiveReply = {
  attempt: number;
  seq: number;
  /** By the index of the choice. */
  texts: Readonly<Record<number, string>>;
  /** A gap was seen: deltas are not taken until a snapshot tells the whole text. */
  behind: boolean;
  /** A terminal `reply.updated` came. */
  ended: boolean;
  /** Why it begins again: the model failed and is asked once more, or the worker was lost. */
  restart: 'none' | 'retry' | 'rescue';
};

export type LiveState = Readonly<Record<string, LiveReply>>;

/** What follows from an event; `resync` holds the replies to ask the server about. */
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
  // Already seen, or of an attempt that was given up: the text has it, or must not have it.
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
  // One older than what is shown would make text vanish.
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

/** Between two attempts: the text of the one that was lost is worth nothing any more. */
function interrupted(known: LiveReply, { attempt, retry_at }: Updated['reply']): LiveReply {
  return { ...known, attempt, texts: {}, restart: retry_at === null ? 'rescue' : 'retry' };
}

/** A new attempt: the text so far is discarded. A first one that was never seen is no restart. */
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
