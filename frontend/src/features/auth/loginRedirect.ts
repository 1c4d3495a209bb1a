import { matchPath } from 'react-router';

/** Where a login may lead to. */
const PATHS = ['/', '/c/:id', '/settings', '/shared/:token'];

/** `next` if it is a path of ours, else the main page: never an address of another site. */
export function safeNext(next: string | null): string {
  if (!next?.startsWith('/')) return '/';
  // The address parser decides what a browser would make of it (`//evil`, `/\evil`, `/<tab>/evil`).
  const here = window.location.origin;
  if (!URL.canParse(next, here)) return '/';
  const url = new URL(next, here);
  const ours = url.origin === here && PATHS.some((path) => matchPath(path, url.pathname));
  return ours ? url.pathname + url.search + url.hash : '/';
}

export const loginPath = (from: string): string =>
  from === '/' ? '/login' : `/login?next=${encodeURIComponent(from)}`;
