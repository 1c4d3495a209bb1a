/** Lazily loaded code, which could not be loaded later while there is no connection. */
const PAGES = [
  () => import('../features/chat/HomePage'),
  () => import('../features/chat/ConversationPage'),
  () => import('../features/settings/SettingsPage'),
  () => import('../features/settings/ConfigDialog'),
  () => import('../features/share/ShareDialog'),
];

/** Waits until the first page has loaded its own code. */
const DELAY_MS = 1_500;

/** Loads the code of the other pages. One that fails is loaded again when it is opened. */
export function prefetchPages(): () => void {
  const timer = setTimeout(() => void Promise.allSettled(PAGES.map((load) => load())), DELAY_MS);
  return () => clearTimeout(timer);
}
