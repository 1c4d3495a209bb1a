/*
 * Exchanges the refresh token for the pages, which ask by message. A refresh token is good once: a
 * page that is reloaded while its exchange is on the way would lose the new pair, and with it the
 * session. This worker outlives the page, and for a while gives the same answer to whoever asks
 * with the same token. It holds tokens in memory only, and touches no other request.
 */
const KEPT_MS = 10_000;
const answers = new Map();

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  const { url, refresh, claim } = event.data;
  if (claim) {
    event.waitUntil(self.clients.claim());
    return;
  }
  const [port] = event.ports;
  if (!answers.has(refresh)) answers.set(refresh, exchange(url, refresh));
  event.waitUntil(
    answers.get(refresh).then(
      (answer) => {
        port.postMessage(answer);
        return later(() => answers.delete(refresh));
      },
      () => {
        answers.delete(refresh);
        port.postMessage(null);
      },
    ),
  );
});

async function exchange(url, refresh) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ refresh }),
  });
  return { status: response.status, body: await response.text() };
}

const later = (work) => new Promise((resolve) => setTimeout(() => resolve(work()), KEPT_MS));
