import { expect, test } from '@playwright/test';

import { newAccount, signedIn, url } from './member';

const HOSTILE = [
  '//evil.example',
  'https://evil.example/',
  '/\\evil.example',
  '/%09/evil.example',
  'javascript:alert(1)',
  '/.//evil.example',
];

test('a protected page leads to the login, and back after it', async ({ page }) => {
  const { email, password } = await newAccount();
  await page.goto(url('/settings'));
  await expect(page).toHaveURL(/\/login\?next=%2Fsettings$/);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toContainText('is not right');
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();

  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('never loses an answer');
  expect(await page.evaluate(() => localStorage.getItem('malgil.refresh'))).toBeNull();
});

test('an address of another site is never followed', async ({ page }) => {
  const { email, password } = await newAccount();
  for (const next of HOSTILE) {
    await page.goto(url(`/login?next=${encodeURIComponent(next)}`));
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await expect(page.getByRole('heading', { name: /Hello/ })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(new URL(url()).origin);
    await page.evaluate(() => localStorage.removeItem('malgil.refresh'));
  }
});

test('signing out in one tab signs out the other', async ({ page, context }) => {
  await signedIn(page);
  const other = await context.newPage();
  await other.goto(url('/settings'));
  await expect(other.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await page.bringToFront();
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(other).toHaveURL(/\/login/);
});

test('many tabs opened at once do not end the session', async ({ page, context }) => {
  await signedIn(page);
  const tabs = await Promise.all(Array.from({ length: 5 }, () => context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(url('/settings'))));
  for (const tab of tabs)
    await expect(tab.getByRole('heading', { name: 'Settings' })).toBeVisible();
});

test('a wrong address says so', async ({ page }) => {
  const answer = await page.goto(url('/nowhere'));
  test.skip(
    answer?.headers()['content-type']?.includes('json') ?? false,
    'the server answers itself',
  );
  await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
});

test('a page that came without the worker is given to it', async ({ page }) => {
  const controlled = () => page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await signedIn(page, '/settings');
  await controlled();
  const browser = await page.context().newCDPSession(page);
  await browser.send('Page.reload', { ignoreCache: true });
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await controlled();
});

test('reloading again and again, faster than the tokens come, keeps the session', async ({
  page,
}) => {
  await signedIn(page, '/settings');
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  for (let count = 0; count < 8; count += 1) {
    await page.goto(url('/settings'), { waitUntil: 'commit' });
    await page.waitForTimeout(count * 40);
  }
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await expect(page.getByLabel('Nickname')).toBeVisible();
});
