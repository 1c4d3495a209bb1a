/** Where the backend is; the page's own origin unless the build says otherwise. */
const BASE = (import.meta.env.VITE_API_BASE as string | undefined)?.replace(/\/$/, '') ?? '';

export const apiUrl = (path: string): string => `${BASE}/api/v1/${path}`;

export const socketUrl = (): string =>
  `${(BASE || window.location.origin).replace(/^http/, 'ws')}/ws/v1`;
