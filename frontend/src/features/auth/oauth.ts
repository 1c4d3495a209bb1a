/** Signing in at a provider, with PKCE (RFC 7636): the code works only with this tab's verifier. */
import { apiUrl } from '../../api/address';

const KEY = 'malgil.verifier';

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

/** `crypto.subtle` exists only in secure contexts: https, or localhost. */
export const isPossible = (): boolean => 'subtle' in crypto;

export const newVerifier = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** RFC 7636, S256. */
export async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

/** The address that starts the sign-in. Keeps the verifier in sessionStorage, which is this tab's. */
export async function startUrl(provider: string, next: string): Promise<string> {
  const verifier = newVerifier();
  sessionStorage.setItem(KEY, verifier);
  const query = new URLSearchParams({ next, challenge: await challengeOf(verifier) });
  const address = apiUrl(`auth/${encodeURIComponent(provider)}/start`);
  if (address.startsWith('http')) query.set('client', homeUrl());
  return `${address}?${query}`;
}

/** Leaves the page for the provider's. */
export async function start(provider: string, next: string): Promise<void> {
  window.location.assign(await startUrl(provider, next));
}

/** Null where no sign-in was begun in this tab, or one that is over. */
export function takeVerifier(): string | null {
  const verifier = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return verifier;
}

/** The client's main page: an API on another origin has to be told where to redirect to. */
const homeUrl = (): string => new URL(import.meta.env.BASE_URL, window.location.origin).href;
