/** Signing in at a provider: the one-time code that comes back is good only with our verifier. */
import { apiUrl } from '../../api/address';

const KEY = 'malgil.verifier';

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

/** Leaves the page for the provider's. */
export async function start(provider: string, next: string): Promise<void> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  sessionStorage.setItem(KEY, verifier);
  const query = new URLSearchParams({ next, challenge: base64url(new Uint8Array(digest)) });
  window.location.assign(`${apiUrl(`auth/${encodeURIComponent(provider)}/start`)}?${query}`);
}

export function takeVerifier(): string | null {
  const verifier = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return verifier;
}
