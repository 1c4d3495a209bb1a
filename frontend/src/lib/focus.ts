/** Moves the keyboard focus when the focused element goes away, instead of losing it to the page. */
import { flushSync } from 'react-dom';

/** A touch screen, where focusing a field opens the on-screen keyboard. */
export const isTouch = (): boolean => window.matchMedia('(pointer: coarse)').matches;

/** Makes a change by which the focused element may vanish, and focuses what is found after it. */
export function focusAfter(change: () => void, find: () => HTMLElement | null | undefined): void {
  flushSync(change);
  find()?.focus();
}

/** Focuses the field to type in, except on a touch screen and where somebody types elsewhere. */
export function offerFocus(field: HTMLElement | null | undefined): void {
  const at = document.activeElement;
  const typing = at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement;
  if (isTouch() || typing || at?.closest('[role=dialog]')) return;
  field?.focus({ preventScroll: true });
}
