/** A part of the page that is fetched when it is asked for cannot be had without a connection. */
const PAGES = [
  () => import('../features/chat/HomePage'),
  () => import('../features/chat/ConversationPage'),
  () => import('../features/settings/SettingsPage'),
  () => import('../features/settings/ConfigDialog'),
  () => import('../features/share/ShareDialog'),
];

/** After the page itself. */
const DELAY_MS = 1_500;

/** Fetches the other pages while the network is there; one that fails is asked for again then. */
export function prefetchPages(): () => void {
  const timer = setTimeout(() => void Promise.allSettled(PAGES.map((load) => load())), DELAY_MS);
  return () => clearTimeout(timer);
}
