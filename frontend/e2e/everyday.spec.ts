/** What is done every day: where the keyboard is after it, and what is still there. */
import { expect, test, type ConsoleMessage, type Page } from '@playwright/test';

import { ask, call, composer, ended, send, signedIn, url } from './member';
import { canKill, model, USUAL } from './processes';

test.beforeAll(() =>
  canKill() ? model({ tokens_per_second: 400, first_token_ms: 50 }) : undefined,
);
test.afterAll(() => (canKill() ? model(USUAL) : undefined));

const list = (page: Page) => page.getByRole('navigation', { name: 'Conversations' });

test('the focus stays with what is done, and the console is quiet', async ({ page }) => {
  const said: string[] = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message: ConsoleMessage) => {
    if (['error', 'warning'].includes(message.type())) said.push(message.text());
  });
  await signedIn(page);
  await expect(composer(page)).toBeFocused();
  await composer(page).fill('Where is the keyboard?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/c\//);
  await ended(page);
  await expect(composer(page)).toBeFocused();

  await page.getByRole('button', { name: 'Answer again' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('2/2')).toBeVisible();
  await ended(page);
  await expect(composer(page)).toBeFocused();
  const arrows = page.getByRole('group', { name: 'Answers', exact: true });
  await arrows.getByRole('button', { name: 'Previous' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('1/2')).toBeVisible();
  await expect(arrows.getByRole('button', { name: 'Next' })).toBeFocused();

  await page.getByRole('button', { name: 'Edit' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Edit' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Edit' })).toBeFocused();

  const settings = page.getByRole('button', { name: 'Settings of this conversation' });
  await settings.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(settings).toBeFocused();
  expect(said).toEqual([]);
});

test('the keyboard is back after renaming, sharing and deleting', async ({ page }) => {
  const account = await signedIn(page);
  const { id } = await call<{ id: string }>(account, 'POST', 'conversations', {
    intake: false,
    title: 'Alpha',
  });
  await page.goto(url(`/c/${id}`));
  const options = page.getByRole('main').getByRole('button', { name: /^Options for/ });
  const choose = async (name: string): Promise<void> => {
    await options.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name }).focus();
    await page.keyboard.press('Enter');
  };
  await choose('Rename');
  await expect(page.getByRole('textbox', { name: 'Rename' })).toBeFocused();
  await page.keyboard.type('Omega');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Omega' })).toBeVisible();
  await expect(options).toBeFocused();
  await expect(page.getByRole('menu')).toBeHidden();
  await choose('Share');
  await expect(page.getByRole('button', { name: 'Create a link' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(options).toBeFocused();
  await choose('Delete');
  await expect(page.getByRole('heading', { name: /Hello/ })).toBeVisible();
  await expect(composer(page)).toBeFocused();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(url(`/c/${id}`));
  await expect(page.getByRole('heading', { name: 'Omega' })).toBeVisible();
});

test('the search opens the list that was folded away', async ({ page }) => {
  await signedIn(page);
  await page.keyboard.press('Control+b');
  await expect(list(page)).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(list(page).getByRole('searchbox')).toBeFocused();
});

test('an unfinished syllable is not sent', async ({ page }) => {
  await signedIn(page);
  await composer(page).focus();
  const input = await page.context().newCDPSession(page);
  const enter = { key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 };
  await input.send('Input.imeSetComposition', {
    text: '안녕',
    selectionStart: 2,
    selectionEnd: 2,
  });
  await input.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter });
  await expect(composer(page)).toHaveValue('안녕');
  await input.send('Input.insertText', { text: '안녕' });
  await expect(page).toHaveURL(url('/'));
  await send(page);
  await ended(page);
  await expect(page.getByRole('log').getByText('안녕', { exact: true })).toHaveCount(1);
});

test('on a touch screen Enter begins a new line, and the button sends', async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 780 },
    hasTouch: true,
    isMobile: true,
  });
  const page = await context.newPage();
  await signedIn(page);
  await expect(composer(page)).not.toBeFocused();
  await composer(page).tap();
  await page.keyboard.type('One');
  await page.keyboard.press('Enter');
  await page.keyboard.type('two');
  await expect(composer(page)).toHaveValue('One\ntwo');
  await send(page);
  await expect(page).toHaveURL(/\/c\//);
  await ended(page);
  await context.close();
});

test('the list grows as its end is scrolled to', async ({ page }) => {
  const account = await signedIn(page);
  for (let count = 1; count <= 45; count += 1) {
    await call(account, 'POST', 'conversations', { intake: false, title: `Number ${count}` });
  }
  await page.goto(url('/'));
  await expect(list(page).getByRole('link', { name: 'Number 45' })).toBeVisible();
  const first = list(page).getByRole('link', { name: 'Number 1', exact: true });
  await expect(first).toHaveCount(0);
  await list(page)
    .getByRole('list')
    .evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(first).toHaveCount(1);
});

test('each conversation has its own draft', async ({ page }) => {
  const account = await signedIn(page);
  for (const title of ['Alpha', 'Beta'])
    await call(account, 'POST', 'conversations', { intake: false, title });
  for (const title of ['Alpha', 'Beta']) {
    await list(page).getByRole('link', { name: title }).click();
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
    await composer(page).fill(`For ${title}`);
  }
  await page.reload();
  await expect(composer(page)).toHaveValue('For Beta');
  await page.goBack();
  await expect(composer(page)).toHaveValue('For Alpha');
  await page.goForward();
  await expect(composer(page)).toHaveValue('For Beta');
});

test('a conversation deleted elsewhere goes away while it is open, and comes back', async ({
  page,
}) => {
  const account = await signedIn(page);
  await ask(page, 'Here and gone');
  await ended(page);
  const path = `conversations/${page.url().split('/').at(-1)}`;
  await composer(page).fill('Half a thought');
  await call(account, 'DELETE', path);
  await expect(page.getByText('This conversation does not exist')).toBeVisible();
  await expect(list(page).getByRole('link', { name: 'Here and gone' })).toBeHidden();
  await call(account, 'POST', `${path}/restore`);
  await expect(page.getByRole('heading', { name: 'Here and gone' })).toBeVisible();
  await expect(composer(page)).toHaveValue('Half a thought');
});

test('without a connection the other pages can still be opened', async ({ page, context }) => {
  await signedIn(page);
  await page.waitForTimeout(2_000);
  await page.waitForLoadState('networkidle');
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Ada' }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  await context.setOffline(false);
  await page.goBack();
  await expect(composer(page)).toBeVisible();
});

test('an answer is readable where its colours and formulas cannot be fetched', async ({ page }) => {
  await page.route(/assets\/(MathBlock|Highlighted)-.*\.js/, (route) => route.abort());
  await signedIn(page);
  await ask(page, 'Show me code');
  await ended(page);
  await expect(page.getByRole('button', { name: 'Copy the code' })).toHaveCount(1);
  await expect(page.locator('main figure code')).not.toBeEmpty();
});

test('the end stays in sight while the field below it grows', async ({ page }) => {
  await signedIn(page);
  await ask(page, 'A long answer, please');
  await ended(page);
  const hidden = () =>
    page
      .getByRole('log')
      .evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight));
  await expect.poll(hidden).toBeLessThanOrEqual(1);
  await composer(page).fill('one\ntwo\nthree\nfour\nfive\nsix');
  await expect.poll(hidden).toBeLessThanOrEqual(1);
  await page.getByRole('log').evaluate((log) => log.scrollTo(0, 100));
  await composer(page).fill('one');
  await composer(page).fill('one\ntwo\nthree');
  await expect.poll(hidden).toBeGreaterThan(100);
});
