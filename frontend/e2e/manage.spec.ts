import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';

import { answers, ask, call, composer, ended, signedIn, url, type Account } from './member';
import { canKill, model, USUAL } from './processes';

test.beforeAll(() =>
  canKill() ? model({ tokens_per_second: 400, first_token_ms: 50 }) : undefined,
);
test.afterAll(() => (canKill() ? model(USUAL) : undefined));

const list = (page: Page) => page.getByRole('navigation', { name: 'Conversations' });

/** The backend answers this method there; a client may be newer than its backend. */
async function offers(account: Account, method: string, path: string): Promise<boolean> {
  const answer = await fetch(url(`/api/v1/${path}`), {
    method,
    headers: { Authorization: `Bearer ${account.access}`, 'Content-Type': 'application/json' },
    ...(method !== 'GET' && { body: '{}' }),
  });
  return answer.status !== 405 && answer.headers.get('content-type') !== null;
}

async function withConversation(
  page: Page,
  text: string,
): Promise<{ account: Account; id: string }> {
  const account = await signedIn(page);
  await ask(page, text);
  await ended(page);
  return { account, id: page.url().split('/').at(-1) ?? '' };
}

async function menu(page: Page, item: string): Promise<void> {
  await page
    .getByRole('main')
    .getByRole('button', { name: /^Options for/ })
    .click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

test('rename, pin, archive, delete and undo', async ({ page, context }) => {
  const { account, id } = await withConversation(page, 'A thing to manage');
  test.skip(
    !(await offers(account, 'PATCH', `conversations/${id}`)),
    'the backend cannot change conversations yet',
  );
  const other = await context.newPage();
  await other.goto(url('/'));
  await menu(page, 'Rename');
  await page.getByRole('textbox', { name: 'Rename' }).fill('Renamed');
  await page.getByRole('textbox', { name: 'Rename' }).press('Enter');
  await expect(list(page).getByRole('link', { name: 'Renamed' })).toBeVisible();
  await expect(list(other).getByRole('link', { name: 'Renamed' })).toBeVisible();
  await menu(page, 'Pin');
  await expect(list(page).getByLabel('Pinned')).toBeVisible();
  await menu(page, 'Archive');
  await expect(list(page).getByRole('link', { name: 'Renamed' })).toBeHidden();
  await page.getByText('Archived', { exact: true }).click();
  await expect(list(page).getByRole('link', { name: /Renamed/ })).toBeVisible();
  await menu(page, 'Move out of the archive');
  await page.getByText('Active', { exact: true }).click();
  await expect(list(page).getByRole('link', { name: /Renamed/ })).toBeVisible();
  await menu(page, 'Delete');
  await expect(list(page).getByRole('link', { name: /Renamed/ })).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(list(page).getByRole('link', { name: /Renamed/ })).toBeVisible();
});

test('the search finds words of titles and texts', async ({ page }) => {
  await withConversation(page, 'An aardvark walks by');
  await page.goto(url('/'));
  await ask(page, 'Something else');
  await ended(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('aardvark');
  await expect(list(page).getByRole('link', { name: /aardvark/ })).toBeVisible();
  await expect(list(page).getByRole('link', { name: /Something else/ })).toBeHidden();
});

test('settings of a conversation are used for the next answer', async ({ page }) => {
  const { account, id } = await withConversation(page, 'With settings');
  test.skip(
    !(await offers(account, 'PATCH', `conversations/${id}`)),
    'the backend cannot change conversations yet',
  );
  await page.getByRole('button', { name: 'Settings of this conversation' }).click();
  await page.getByLabel('Answers per question').fill('2');
  await page.getByLabel('Max. tokens').fill('40');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await ask(page, 'Two, please');
  await ended(page);
  await expect(answers(page)).toHaveCount(3);
});

test('a share link is read without login, until sharing stops', async ({ page, browser }) => {
  const { account, id } = await withConversation(page, 'To be shared');
  test.skip(
    !(await offers(account, 'POST', `conversations/${id}/share`)),
    'the backend cannot share yet',
  );
  await menu(page, 'Share');
  await page.getByRole('button', { name: 'Create a link' }).click();
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(link);
  await expect(stranger.getByText('To be shared', { exact: true }).last()).toBeVisible();
  expect(await stranger.content()).not.toContain(account.email);
  await page.getByRole('button', { name: 'Stop sharing' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await stranger.reload();
  await expect(stranger.getByText('The conversation is no longer shared.')).toBeVisible();
  await stranger.context().close();
});

test('export as Markdown and JSON', async ({ page }) => {
  const { account, id } = await withConversation(page, 'To be exported');
  test.skip(
    !(await offers(account, 'GET', `conversations/${id}/export?format=md`)),
    'the backend cannot export yet',
  );
  for (const [item, ending] of [
    ['Export as Markdown', '.md'],
    ['Export as JSON', '.json'],
  ] as const) {
    const download = page.waitForEvent('download');
    await menu(page, item);
    const file = await download;
    expect(file.suggestedFilename()).toBe(`To be exported${ending}`);
    expect(await readFile(await file.path(), 'utf8')).toContain('To be exported');
  }
});

test('profile, language, theme', async ({ page }) => {
  const account = await signedIn(page, '/settings');
  await page.getByLabel('Nickname').fill('Grace');
  await page.getByLabel('Year of birth').fill('1990');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  expect(await call(account, 'GET', 'me')).toMatchObject({
    nickname: 'Grace',
    born_year: 1990,
    job: null,
  });
  await page.getByText('한국어').click();
  await expect(page.getByRole('heading', { name: '설정' })).toBeVisible();
  await page.getByText('어둡게').click();
  await page.reload();
  await expect(page.getByRole('heading', { name: '설정' })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme)).toBe(
    'dark',
  );
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('ko');
});

test('a new password, and deleting the account', async ({ page }) => {
  const account = await signedIn(page, '/settings');
  test.skip(!(await offers(account, 'DELETE', 'me')), 'the backend cannot delete accounts yet');
  await page.getByRole('textbox', { name: 'Current password' }).fill(account.password);
  await page.getByRole('textbox', { name: 'New password' }).fill('another long secret');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('The password was changed.')).toBeVisible();
  await page.getByRole('button', { name: 'Delete my account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Password' }).fill('another long secret');
  await dialog.getByRole('button', { name: 'Delete my account' }).click();
  await expect(page.getByRole('link', { name: 'Start for free' })).toBeVisible();
});

test('everything works on a phone, with a drawer for the list', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 780 });
  await signedIn(page);
  await ask(page, 'From a phone');
  await ended(page);
  await page.getByRole('button', { name: 'Show the conversations' }).click();
  await expect(page.getByRole('dialog').getByRole('link', { name: /From a phone/ })).toBeVisible();
  await page.getByRole('link', { name: 'New conversation' }).click();
  await expect(page.getByRole('heading', { name: /Hello/ })).toBeVisible();
  await expect(page.getByRole('dialog')).toBeHidden();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('the keyboard alone is enough', async ({ page }) => {
  await signedIn(page);
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('Shift+Escape');
  await page.keyboard.type('Typed, never clicked');
  await page.keyboard.press('Enter');
  await ended(page);
  await page.keyboard.press('Control+Shift+O');
  await expect(page.getByRole('heading', { name: /Hello/ })).toBeVisible();
  await expect(composer(page)).toHaveValue('');
});

test('an API key is shown once, works, and is revoked', async ({ page }) => {
  await signedIn(page, '/settings');
  await page.getByLabel('Name of a new key').fill('My script');
  await page.getByRole('button', { name: 'Create' }).click();
  const key = await page.getByRole('status').locator('code').innerText();
  const ask = (): Promise<Response> =>
    fetch(url('/v1/models'), { headers: { Authorization: `Bearer ${key}` } });
  expect((await ask()).status).toBe(200);
  await page.reload();
  await expect(page.getByText(/Last used on/)).toBeVisible();
  await expect(page.getByText(key)).toHaveCount(0);
  await page.getByRole('button', { name: 'Revoke My script' }).click();
  await expect(page.getByText('My script')).toHaveCount(0);
  expect((await ask()).status).toBe(401);
});

test('all data can be downloaded', async ({ page }) => {
  const { email } = await signedIn(page, '/settings');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  const file = JSON.parse(await readFile(await (await download).path(), 'utf8')) as {
    member: { email: string };
  };
  expect(file.member.email).toBe(email);
});
