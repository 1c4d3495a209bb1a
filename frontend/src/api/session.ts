/**
 * Who is signed in. The access token lives in memory, the refresh token in localStorage, where
 * all tabs see it. It is valid once, so tabs exchange it one at a time, under a Web Lock.
 */
import { exchangeRefreshToken } from './tokenRefresh';
import { Problem, problemOf } from './problem';
import type { TokenPair } from './types';

const KEY = 'malgil.refresh';
/** Renewed this long before it ends, so that no request meets an access token about to expire. */
const MARGIN_MS = 30_000;
/** How long another tab's exchange may take to show up in storage after `token_rotated`. */
const ROTATED_WAIT_MS = 3_000;

let access: { token: string; from: string } | null = null;
let renewing: Promise<string> | null = null;
const listeners = new Set<() => void>();

const stored = (): string | null => localStorage.getItem(KEY);
const notify = (): void => listeners.forEach((listener) => listener());

function claims(token: string): { exp?: number; user_id?: string } {
  try {
    const [, payload = ''] = token.split('.');
    return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: number };
  } catch {
    return {};
  }
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The member's id while signed in, else null. It is part of the keys in localStorage. */
export function memberId(): string | null {
  const refresh = stored();
  return refresh === null ? null : (claims(refresh).user_id ?? 'unknown');
}

export function begin(pair: TokenPair): void {
  localStorage.setItem(KEY, pair.refresh);
  access = { token: pair.access, from: memberId() ?? '' };
  notify();
}

/** Forgets the tokens of this browser. Does not tell the server; `auth.logOut` does. */
export function end(): void {
  localStorage.removeItem(KEY);
  access = null;
  notify();
}

/** Signs out here and goes to the main page, loaded anew: nothing of the member stays in memory. */
export function leave(): void {
  end();
  window.location.assign(import.meta.env.BASE_URL);
}

/** An access token with at least MARGIN_MS left. Throws a Problem; 401 means signed out. */
export async function accessToken(): Promise<string> {
  if (access !== null && access.from === memberId() && isFresh(access.token)) return access.token;
  return renew();
}

/** A new access token, whatever the present one. Callers share one request; tabs share a lock. */
export async function renew(): Promise<string> {
  renewing ??= underLock(refreshTokens).finally(() => {
    renewing = null;
  });
  return renewing;
}

const isFresh = (token: string): boolean => {
  const { exp } = claims(token);
  return exp !== undefined && exp * 1000 - Date.now() > MARGIN_MS;
};

// navigator.locks exists in secure contexts only, which a phone on the local network is not in.
const underLock = async (work: () => Promise<string>): Promise<string> =>
  'locks' in navigator ? navigator.locks.request(KEY, () => work()) : work();

async function refreshTokens(): Promise<string> {
  const refresh = stored();
  if (refresh === null) throw new Problem({ code: 'not_authenticated', status: 401 });
  const response = await exchangeRefreshToken(refresh);
  if (response.ok) {
    const pair = (await response.json()) as TokenPair;
    // A sign-out or another sign-in while the request was on its way takes precedence.
    if (stored() === refresh) begin(pair);
    return pair.access;
  }
  return afterRefusal(await problemOf(response), refresh);
}

async function afterRefusal(problem: Problem, refresh: string): Promise<string> {
  if (problem.status !== 401) throw problem;
  if (problem.code === 'token_rotated') await waitForChange(refresh);
  if (stored() !== refresh && stored() !== null) return refreshTokens();
  end();
  throw problem;
}

async function waitForChange(refresh: string): Promise<void> {
  const until = Date.now() + ROTATED_WAIT_MS;
  while (stored() === refresh && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

window.addEventListener('storage', (event) => {
  if (event.key === KEY || event.key === null) notify();
});
