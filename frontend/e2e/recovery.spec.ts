/** Links out of real mails, read from DATA_DIR/mail. */
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, type Page } from '@playwright/test';

import { type Stack, startStack } from './stack';

const PASSWORD = 'kept in a queue';
const NEW = 'another long secret';
let stack: Stack;

test.beforeAll(async () => {
  test.skip(Boolean(process.env.BASE_URL), 'needs the folder of the mails');
  test.setTimeout(90_000);
  stack = await startStack({ EMAIL_VERIFICATION: 'required' });
});
test.afterAll(async () => {
  if (!process.env.BASE_URL) await stack.stop();
});

const at = (address: string): string => `${stack.url}/${address}`;

/** The links in the mails to the address that lead to the page, latest last but for the second. */
async function linksTo(page: string, email: string): Promise<string[]> {
  const folder = path.join(stack.data, 'mail');
  const files = await readdir(folder).catch(() => []);
  const mails = await Promise.all(
    files.sort().map((file) => readFile(path.join(folder, file), 'utf8')),
  );
  return mails
    .filter((mail) => mail.includes(`To: ${email}`))
    .flatMap((mail) => new RegExp(`https?://\\S+/${page}#\\S+`).exec(mail) ?? []);
}

async function linkTo(page: string, email: string): Promise<string> {
  await expect.poll(() => linksTo(page, email)).not.toEqual([]);
  return (await linksTo(page, email)).at(-1) ?? '';
}

/** The link as it is opened at the page's own server, which a test may have put in front. */
const here = (link: string): string => {
  const { pathname, hash } = new URL(link);
  return stack.url + pathname + hash;
};

async function logIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto(at('login'));
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function signUp(page: Page, email: string): Promise<void> {
  await page.goto(at('signup'));
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByLabel('Nickname').fill('Ada');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
}

/** A member whose address is proven, signed in on the page. */
async function member(page: Page): Promise<string> {
  const email = `${randomUUID()}@example.com`;
  await signUp(page, email);
  await page.goto(here(await linkTo('confirm-email', email)));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('Your address is confirmed.')).toBeVisible();
  await logIn(page, email, PASSWORD);
  await expect(page.getByRole('heading', { name: /Hello/ })).toBeVisible();
  return email;
}

test('an address is confirmed before the first login', async ({ page }) => {
  const email = `${randomUUID()}@example.com`;
  await signUp(page, email);
  await logIn(page, email, PASSWORD);
  await expect(page.getByRole('alert')).toBeVisible();
  await linkTo('confirm-email', email);
  await page.getByRole('button', { name: 'Send the mail again' }).click();
  await expect(page.getByText('Sent. Look into your mail.')).toBeVisible();
  await expect.poll(() => linksTo('confirm-email', email)).toHaveLength(2);

  await page.goto(here(await linkTo('confirm-email', email)));
  // The token is neither in the address nor in the history.
  await expect(page).toHaveURL(at('confirm-email'));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('link', { name: 'Go on' }).click();
  await logIn(page, email, PASSWORD);
  await expect(page.getByRole('heading', { name: /Hello/ })).toBeVisible();
});

test('a forgotten password is set anew, and everybody is signed out', async ({ page, browser }) => {
  const email = await member(page);
  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto(at('login'));
  await elsewhere.getByRole('link', { name: 'Forgot your password?' }).click();
  await elsewhere.getByLabel('E-mail').fill(email);
  await elsewhere.getByRole('button', { name: 'Send the link' }).click();
  await expect(elsewhere.getByText('a mail with a link is on its way')).toBeVisible();
  const link = here(await linkTo('reset-password', email));

  await elsewhere.goto(link);
  await elsewhere.getByRole('textbox', { name: 'New password' }).fill(NEW);
  await elsewhere.getByRole('button', { name: 'Set a new password' }).click();
  await elsewhere.getByRole('link', { name: 'Log in' }).click();
  await logIn(elsewhere, email, NEW);
  await expect(elsewhere.getByRole('heading', { name: /Hello/ })).toBeVisible();

  await page.goto(at('settings'));
  await expect(page).toHaveURL(/\/login/);
  await page.goto(link);
  await page.getByRole('textbox', { name: 'New password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Set a new password' }).click();
  await expect(page.getByRole('alert')).toContainText('used already');
});

test('a page without a token says what to do', async ({ page }) => {
  for (const address of ['reset-password', 'confirm-email']) {
    await page.goto(at(address));
    await expect(page.getByRole('alert')).toContainText('Open the link in the mail');
  }
});

test('another address counts once its link was opened', async ({ page }) => {
  await member(page);
  const email = `${randomUUID()}@example.com`;
  await page.goto(at('settings'));
  await page.getByLabel('New address').fill(email);
  await page.getByRole('textbox', { name: 'Your password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Change the address' }).click();
  await expect(page.getByText('We sent a link to the new address')).toBeVisible();
  await page.goto(here(await linkTo('confirm-email', email)));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('Your address is confirmed.')).toBeVisible();
  await page.goto(at('settings'));
  await expect(page.getByText(`Now: ${email}`)).toBeVisible();
});

test('signing out elsewhere from the list of sessions', async ({ page, browser }) => {
  const email = await member(page);
  const there = await (await browser.newContext()).newPage();
  await logIn(there, email, PASSWORD);
  await expect(there.getByRole('heading', { name: /Hello/ })).toBeVisible();

  await page.goto(at('settings'));
  const list = page.getByRole('region', { name: 'Where you are signed in' });
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await expect(list.getByText('This browser')).toHaveCount(1);
  await list.getByRole('button', { name: 'Sign out there' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(1);

  await there.reload();
  await expect(there.getByRole('link', { name: 'Start for free' })).toBeVisible();
});
