/**
 * Holds the reducer's state for React. Events are applied in batches, at most one every GATHER_MS:
 * 200 deltas a second cause 30 renders. An event after a pause waits only for the next frame.
 */
import { useSyncExternalStore } from 'react';

import type { TextEvent } from './protocol';
import { NO_REPLIES, reduce, type LiveReply, type LiveState } from './reducer';

/** The interval of batches in a hidden tab, which gets no animation frames. */
const HIDDEN_MS = 250;
const GATHER_MS = 33;

export class LiveTexts {
  private state: LiveState = NO_REPLIES;
  private waiting: TextEvent[] = [];
  private scheduled = false;
  private shownAt = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly resync: (reply: string) => void) {}

  add(event: TextEvent): void {
    this.waiting.push(event);
    if (this.scheduled) return;
    this.scheduled = true;
    if (document.hidden) setTimeout(this.flush, HIDDEN_MS);
    else setTimeout(() => requestAnimationFrame(this.flush), this.shownAt + GATHER_MS - Date.now());
  }

  /** Applies all waiting events now. */
  readonly flush = (): void => {
    this.scheduled = false;
    const events = this.waiting;
    if (events.length === 0) return;
    this.waiting = [];
    this.shownAt = Date.now();
    for (const event of events) {
      const step = reduce(this.state, event);
      this.state = step.state;
      step.resync.forEach(this.resync);
    }
    this.listeners.forEach((listener) => listener());
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  of(reply: string): LiveReply | undefined {
    return this.state[reply];
  }
}

export const useLiveReply = (texts: LiveTexts, reply: string): LiveReply | undefined =>
  useSyncExternalStore(texts.subscribe, () => texts.of(reply));
