/** Values in localStorage that belong to the signed-in member. */
import { memberId } from '../../api/session';

/** The name of a value: another member on the same browser has another one. */
export const storageKey = (kind: string, scope: string): string =>
  `malgil.${kind}.${memberId() ?? ''}.${scope}`;

/** Stores `value`, or removes the entry when it is empty. */
export function store(key: string, value: string): void {
  try {
    if (value === '') localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is full or forbidden: the value is lost with the page.
  }
}
