/**
 * Exchanges a refresh token for a new pair. The token is valid once, so an answer that is lost to a
 * reload signs the member out: the request runs in a service worker, which survives the reload.
 */
import { apiUrl } from './address';
import { network } from './problem';

type Answer = { status: number; body: string };

/** A service worker that the browser has ended never answers. The server always does sooner. */
const WORKER_TIMEOUT_MS = 20_000;

/** Throws a network Problem. Without a service worker (plain http, tests) the page sends it itself. */
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

/** Registers the service worker in the background; a failure is ignored. */
export function registerSessionWorker(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const script = `${import.meta.env.BASE_URL}session-worker.js`;
  const { serviceWorker } = navigator;
  serviceWorker
    .register(script, { scope: import.meta.env.BASE_URL })
    .then(() => serviceWorker.ready)
    .then(({ active }) => {
      // A worker that became active after this page loaded does not control it until it claims it.
      if (serviceWorker.controller === null) active?.postMessage({ claim: true });
    })
    .catch(() => undefined);
}
