import { expect, test, type Page } from '@playwright/test';

import { answers, ask, call, composer, ended, signedIn, url, type Account } from './member';
import { canKill, killWorkers, model, USUAL } from './processes';

type Stored = { status: string; attempt: number; choices: { content: string }[] };

test.beforeEach(() => {
  test.setTimeout(90_000);
  test.skip(!canKill(), 'needs a backend of its own');
});
test.afterEach(() => model(USUAL));

async function storedText(account: Account, page: Page): Promise<Stored> {
  const id = page.url().split('/').at(-1) ?? '';
  const { replies } = await call<{ replies: Stored[] }>(account, 'GET', `conversations/${id}`);
  const last = replies.at(-1);
  if (!last) throw new Error('There is no reply.');
  return last;
}

test('a second tab shows the new conversation and its text as it comes', async ({
  page,
  context,
}) => {
  await model({ tokens_per_second: 12, tokens: 120 });
  await signedIn(page);
  const other = await context.newPage();
  await other.goto(url('/'));
  await expect(other.getByText('No conversations yet')).toBeVisible();
  await ask(page, 'Tell both of us');
  await other
    .getByRole('navigation')
    .getByRole('link', { name: /Tell both of us/ })
    .click();
  await expect(answers(other).last()).not.toBeEmpty();
  await expect(other.locator('section[data-status]')).toHaveAttribute('data-status', 'in_progress');
  await model({ tokens_per_second: 200 });
  await Promise.all([ended(page), ended(other)]);
  expect(await answers(other).last().innerText()).toBe(await answers(page).last().innerText());
  await expect(other.getByTestId('quota')).toContainText('4 of 5');
});

test('a reload in the middle of an answer loses nothing', async ({ page }) => {
  await model({ tokens_per_second: 12, tokens: 120 });
  const account = await signedIn(page);
  await ask(page, 'A long answer, please');
  await expect(answers(page).last()).not.toBeEmpty();
  await page.reload();
  await expect(answers(page).last()).not.toBeEmpty();
  await ended(page);
  expect((await storedText(account, page)).attempt).toBe(1);
});

test('a killed worker is replaced: "starting over", then the answer', async ({ page }) => {
  await model({ tokens_per_second: 10, tokens: 120 });
  const account = await signedIn(page);
  await ask(page, 'Survive this');
  await expect(answers(page).last()).not.toBeEmpty();
  expect(killWorkers()).toBeGreaterThan(0);
  await expect(page.getByText('The worker was replaced, starting over')).toBeVisible();
  await model({ ...USUAL, tokens: 60 });
  await ended(page);
  expect((await storedText(account, page)).attempt).toBeGreaterThan(1);
  await expect(answers(page).last()).not.toBeEmpty();
});

test('offline in the middle of an answer, and back without a reload', async ({ page, context }) => {
  await model({ tokens_per_second: 12, tokens: 120 });
  const account = await signedIn(page);
  await ask(page, 'Go on without me');
  await expect(answers(page).last()).not.toBeEmpty();
  await context.setOffline(true);
  await expect(page.getByText('No connection. Nothing is lost')).toBeVisible();
  await composer(page).fill('Typed while offline');
  await model({ tokens_per_second: 400 });
  await expect
    .poll(async () => (await storedText(account, page)).status, { timeout: 30_000 })
    .toBe('completed');
  await context.setOffline(false);
  await ended(page);
  await expect(page.getByText('No connection. Nothing is lost')).toBeHidden();
  await expect(composer(page)).toHaveValue('Typed while offline');
  const { choices } = await storedText(account, page);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy', exact: true }).last().click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(choices[0]?.content);
});

test('Stop keeps the text so far', async ({ page }) => {
  await model({ tokens_per_second: 12, tokens: 120 });
  const account = await signedIn(page);
  await ask(page, 'Stop me');
  await expect(answers(page).last()).not.toBeEmpty();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await ended(page, 'cancelled');
  await expect(page.getByText('You stopped this answer.')).toBeVisible();
  expect((await storedText(account, page)).choices[0]?.content).not.toBe('');
});

test('a failing model says what happened, gives back, and can be tried again', async ({ page }) => {
  await model({ fault: 'status', fault_status: 401 });
  await signedIn(page);
  await ask(page, 'Fail once');
  await ended(page, 'failed');
  await expect(page.getByTestId('reply-error')).toContainText('The request was given back to you.');
  await expect(page.getByTestId('quota')).toContainText('5 of 5');
  await model({ fault: 'status', fault_status: 500 });
  await ask(page, 'Fail and be tried again');
  await expect(page.getByText(/Trying again in/)).toBeVisible();
  await model(USUAL);
  await ended(page);
  await expect(page.getByText('Fail once', { exact: true }).last()).toBeVisible();
});

test('at the limit the composer says when to come back and keeps the draft', async ({ page }) => {
  await model({ tokens_per_second: 0, tokens: 3 });
  const account = await signedIn(page);
  const { id } = await call<{ id: string }>(account, 'POST', 'conversations', { intake: false });
  await page.goto(url(`/c/${id}`));
  for (let count = 1; count <= 5; count += 1) {
    await ask(page, `Question ${count}`);
    await ended(page);
    await expect(page.getByTestId('quota')).toContainText(`${5 - count} of 5`);
  }
  await expect(page.getByText(/All 5 requests of today are used up/)).toBeVisible();
  await composer(page).fill('For tomorrow');
  await expect(page.getByRole('button', { name: 'Send' })).toBeDisabled();
  await page.reload();
  await expect(composer(page)).toHaveValue('For tomorrow');
  await expect(page.getByText(/All 5 requests of today are used up/)).toBeVisible();
});
