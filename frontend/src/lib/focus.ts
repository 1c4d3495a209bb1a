/** Where the keyboard is: whoever leaves something with it goes on beside, not at the page's top. */
import { flushSync } from 'react-dom';

/** Where fingers type, a field that takes the focus by itself brings up the keyboard. */
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
