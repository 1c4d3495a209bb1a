import { randomUUID } from 'node:crypto';
import { expect, type Page } from '@playwright/test';

export const url = (path = '/'): string => `${process.env.E2E_URL ?? ''}${path}`;

export type Account = { email: string; password: string; access: string; refresh: string };

export async function newAccount(nickname = 'Ada'): Promise<Account> {
  const given = { email: `${randomUUID()}@example.com`, password: 'kept in a queue', nickname };
  const answer = await fetch(url('/api/v1/auth/signup'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(given),
  });
  const tokens = (await answer.json()) as { access: string; refresh: string };
  return { ...given, ...tokens };
}

/** A new member, signed in on the page, which shows `path`. */
export async function signedIn(page: Page, path = '/', nickname?: string): Promise<Account> {
  const account = await newAccount(nickname);
  await page.goto(url('/login'));
  await page.evaluate(
    (refresh) => localStorage.setItem('malgil.refresh', refresh),
    account.refresh,
  );
  await page.goto(url(path));
  await expect(page.getByRole('main')).toBeVisible();
  return account;
}

export async function call<T>(
  account: Account,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await fetch(url(`/api/v1/${path}`), {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${account.access}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const composer = (page: Page) => page.locator('textarea[data-composer]');
export const answers = (page: Page) => page.getByTestId('answer');

/** Enter, or the button where Enter is a new line. */
export async function send(page: Page): Promise<void> {
  if (await page.evaluate(() => matchMedia('(pointer: coarse)').matches))
    await page.getByRole('main').locator('button[type=submit]').last().tap();
  else await composer(page).press('Enter');
}

export async function ask(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await send(page);
  // Emptied when it was accepted; by then the reply is on the page.
  await expect(page).toHaveURL(/\/c\//);
  await expect(composer(page)).toHaveValue('');
  await expect(page.getByText(text, { exact: true }).first()).toBeVisible();
}

/** The last reply on the page has ended so. */
export const ended = (page: Page, status = 'completed') =>
  expect(page.locator('section[data-status]').last()).toHaveAttribute('data-status', status, {
    timeout: 40_000,
  });
