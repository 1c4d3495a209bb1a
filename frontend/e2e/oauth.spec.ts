import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test, type Page } from '@playwright/test';

import { freePort, said, type Stack, startStack } from './stack';

const PYTHON = process.env.PYTHON ?? 'python3';
const STAND_IN = fileURLToPath(
  new URL('../../tests/support/oauth/provider_process.py', import.meta.url),
);
const CLIENT = { ID: 'the-client', SECRET: 'the-secret' };

/** Another site than the backend's 127.0.0.1, as providers are. */
const at = (port: number | string): string => `http://localhost:${port}`;

let stack: Stack;
let oidc: string;
let standIn: string;
const providers: ChildProcess[] = [];

/** A provider as a process of its own, which has said that it is there. */
async function provider(args: string[], words: string): Promise<string> {
  const started = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  providers.push(started);
  return said(started, words);
}

async function put(address: string, body: object): Promise<void> {
  const answer = await fetch(address, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers: JSON_,
  });
  expect(answer.ok).toBe(true);
}
const JSON_ = { 'Content-Type': 'application/json' };

test.beforeAll(async () => {
  test.skip(Boolean(process.env.BASE_URL), 'needs a backend that knows the providers');
  test.setTimeout(90_000);
  const port = await freePort();
  await provider(
    ['-m', 'oidc_provider_mock', '--port', String(port), '--require-nonce'],
    'running',
  );
  oidc = at(port);
  standIn = at((await provider([STAND_IN], '\n')).trim());
  stack = await startStack({
    OAUTH_OIDC_CLIENT_ID: CLIENT.ID,
    OAUTH_OIDC_CLIENT_SECRET: CLIENT.SECRET,
    OAUTH_OIDC_ISSUER: oidc,
    OAUTH_OIDC_NAME: 'Our School',
    OAUTH_KAKAO_CLIENT_ID: CLIENT.ID,
    OAUTH_KAKAO_CLIENT_SECRET: CLIENT.SECRET,
    OAUTH_KAKAO_BASE_URL: `${standIn}/kakao`,
  });
  const alice = { email: 'alice@example.com', email_verified: true, name: 'Alice' };
  await put(`${oidc}/users/alice`, alice);
});

test.afterAll(async () => {
  // May be undefined: the start can have failed.
  await (stack as Stack | undefined)?.stop();
  providers.forEach((started) => started.kill());
});

const schoolButton = (page: Page) => page.getByRole('button', { name: 'Continue with Our School' });

async function consentAs(page: Page, sub: string): Promise<void> {
  await expect(page).toHaveURL(new RegExp(`^${oidc}/`));
  await page.getByPlaceholder('sub').fill(sub);
  await page.getByRole('button', { name: 'Authorize' }).click();
}

test('from the login to a provider, back, and on to where one wanted to go', async ({ page }) => {
  const addresses: string[] = [];
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  await page.goto(`${stack.url}/settings`);
  await schoolButton(page).click();
  await consentAs(page, 'alice');
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await expect(page.getByLabel('Nickname')).toHaveValue('Alice');
  await expect(page).toHaveURL(`${stack.url}/settings`);

  const refresh = await page.evaluate(() => localStorage.getItem('malgil.refresh'));
  expect(refresh).toBeTruthy();
  expect(addresses.join()).not.toContain(refresh);
  expect(await page.evaluate(() => sessionStorage.getItem('malgil.verifier'))).toBeNull();
  // Neither the code nor the provider's page is a step back in the history that signs in again.
  await page.reload();
  await expect(page.getByLabel('Nickname')).toHaveValue('Alice');
});

test('from the sign-up as well, to the same account', async ({ page }) => {
  await page.goto(`${stack.url}/signup`);
  await schoolButton(page).click();
  await consentAs(page, 'alice');
  await expect(page.getByRole('heading', { name: 'Hello, Alice.' })).toBeVisible();
});

test('who does not consent is told so, and can try again', async ({ page }) => {
  await page.goto(`${stack.url}/login`);
  await schoolButton(page).click();
  await page.getByRole('button', { name: 'Deny' }).click();
  await expect(page.getByRole('alert')).toContainText('You did not give your consent');
  await expect(page).toHaveURL(`${stack.url}/login/return`);
  await page.getByRole('link', { name: 'Back to the login' }).click();
  await expect(schoolButton(page)).toBeVisible();
});

test.describe('in Korean', () => {
  test.use({ locale: 'ko-KR' });

  test('a provider that tells no e-mail is asked no further, but the member is', async ({
    page,
  }) => {
    const profile = { id: 99, kakao_account: { profile: { nickname: '홍길동' } } };
    await put(`${standIn}/control`, { kakao: profile });
    await page.goto(`${stack.url}/login`);
    await page.getByRole('button', { name: 'Kakao 계정으로 계속하기' }).click();
    await expect(page.getByRole('heading', { name: '한 가지만 더 알려 주세요' })).toBeVisible();
    await page.getByLabel('이메일').fill('alice@example.com');
    await page.getByRole('button', { name: '계속하기' }).click();
    await expect(page.getByText('이미 이 이메일로 만든 계정이 있습니다')).toBeVisible();
    await page.getByLabel('이메일').fill('gildong@example.com');
    await page.getByRole('button', { name: '계속하기' }).click();
    await expect(page.getByRole('heading', { name: /홍길동/ })).toBeVisible();
  });
});

test('the way back of another browser leads nowhere', async ({ page, browser }) => {
  await page.goto(`${stack.url}/login`);
  await schoolButton(page).click();
  await expect(page).toHaveURL(new RegExp(`^${oidc}/`));
  const begun = page.url();

  const victim = await (await browser.newContext({ locale: 'en-US' })).newPage();
  await victim.goto(begun);
  await consentAs(victim, 'alice');
  await expect(victim.getByRole('alert')).toContainText('was not begun here');
  expect(await victim.evaluate(() => localStorage.getItem('malgil.refresh'))).toBeNull();
  await victim.context().close();
});

test('where no provider is on there is no button', async ({ page }) => {
  await page.route('**/auth/providers', (route) => route.fulfill({ json: [] }));
  await page.goto(`${stack.url}/login`);
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await expect(schoolButton(page)).toHaveCount(0);
});
