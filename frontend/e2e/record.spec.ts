/** `RECORD=1 npm run e2e -- record`: writes the frames that the reducer is tested with. */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';

import { answers, ask, call, ended, signedIn, url } from './member';
import { killWorkers, model, USUAL } from './processes';

const FOLDER = new URL('../src/live/recordings/', import.meta.url).pathname;

test.skip(!process.env.RECORD, 'only on request');
test.afterEach(() => model(USUAL));

async function record(
  page: Page,
  name: string,
  config: object,
  act: () => Promise<void>,
): Promise<void> {
  const frames: { type: string }[] = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) =>
      frames.push(JSON.parse(String(payload)) as { type: string }),
    ),
  );
  const account = await signedIn(page);
  const { id } = await call<{ id: string }>(account, 'POST', 'conversations', {
    intake: false,
    config,
  });
  await page.goto(url(`/c/${id}`));
  await ask(page, 'What is a queue good for?');
  await act();
  await page.waitForTimeout(500);
  const { replies } = await call<{ replies: object[] }>(account, 'GET', `conversations/${id}`);
  const events = frames.filter(({ type }) => type.startsWith('reply.'));
  await mkdir(FOLDER, { recursive: true });
  await writeFile(`${FOLDER}${name}.json`, `${JSON.stringify({ events, stored: replies[0] })}\n`);
}

test('an answer', async ({ page }) => {
  await record(page, 'answer', { max_tokens: 60 }, () => ended(page));
});
test('two answers', async ({ page }) => {
  await record(page, 'choices', { n: 2, max_tokens: 40 }, () => ended(page));
});
test('an answer at once', async ({ page }) => {
  await record(page, 'unstreamed', { stream: false, max_tokens: 40 }, () => ended(page));
});
test('a worker killed', async ({ page }) => {
  await model({ tokens_per_second: 15 });
  await record(page, 'rescued', { max_tokens: 60 }, async () => {
    await expect(answers(page).last()).not.toBeEmpty();
    killWorkers();
    await ended(page);
  });
});
test('a model that fails and is asked again', async ({ page }) => {
  await model({ fault: 'cut', fault_after: 12 });
  await record(page, 'retried', { max_tokens: 40 }, async () => {
    await expect(page.getByText(/Trying again in/)).toBeVisible();
    await model(USUAL);
    await ended(page);
  });
});
test('a reload in the middle', async ({ page }) => {
  await model({ tokens_per_second: 15 });
  await record(page, 'reloaded', { max_tokens: 60 }, async () => {
    await expect(answers(page).last()).not.toBeEmpty();
    await page.reload();
    await ended(page);
  });
});
test('an answer that was stopped', async ({ page }) => {
  await model({ tokens_per_second: 15 });
  await record(page, 'stopped', { max_tokens: 200 }, async () => {
    await expect(answers(page).last()).not.toBeEmpty();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await ended(page, 'cancelled');
  });
});
