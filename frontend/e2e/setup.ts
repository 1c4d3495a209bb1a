import { startStack } from './stack';

/** Starts everything once for all tests; what it returns ends it. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.BASE_URL) {
    process.env.E2E_URL = process.env.BASE_URL;
    return () => Promise.resolve();
  }
  const stack = await startStack({ CHAT_DAILY_LIMIT: '5' });
  process.env.E2E_URL = stack.url;
  process.env.E2E_LAUNCHER = String(stack.launcher);
  return stack.stop;
}
