/** The one request that must not be lost: a refresh token against a new pair. */
import { apiUrl } from './address';
import { network } from './problem';

type Answer = { status: number; body: string };

/** Longer than any answer takes; a worker that was ended meanwhile would never answer. */
const WORKER_TIMEOUT_MS = 20_000;

/** The service worker survives a reload; where there is none (plain http, tests), the page asks. */
export async function exchangeRefreshToken(refresh: string): Promise<Response> {
  const url = new URL(apiUrl('auth/refresh'), window.location.origin).href;
  const worker = 'serviceWorker' in navigator ? navigator.serviceWorker.controller : null;
  if (worker !== null) return byWorker(worker, url, refresh);
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh }),
  }).catch(() => {
    throw network();
  });
}

function byWorker(worker: ServiceWorker, url: string, refresh: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => reject(network()), WORKER_TIMEOUT_MS);
    port1.onmessage = ({ data }: MessageEvent<Answer | null>) => {
      clearTimeout(timer);
      if (data === null) reject(network());
      else resolve(new Response(data.body, { status: data.status }));
    };
    worker.postMessage({ url, refresh }, [port2]);
  });
}

/** A page that cannot have the worker works without it. */
export function registerSessionWorker(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const script = `${import.meta.env.BASE_URL}session-worker.js`;
  const { serviceWorker } = navigator;
  serviceWorker
    .register(script, { scope: import.meta.env.BASE_URL })
    .then(() => serviceWorker.ready)
    .then(({ active }) => {
      // It began while this page was on its way, so nobody has given it this page.
      if (serviceWorker.controller === null) active?.postMessage({ claim: true });
    })
    .catch(() => undefined);
}
