import { expect, test, type Page } from '@playwright/test';
import { answers, ask, call, composer, ended, signedIn, url } from './member';
import { model, USUAL } from './processes';

const OUT = '/tmp/rev/';
const noise: string[] = [];
const watch = (page: Page, name = '') => {
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) console.log('CONSOLE', name, m.type(), m.text().slice(0, 300)); });
  page.on('pageerror', (e) => console.log('PAGEERROR', name, String(e).slice(0, 300)));
};
const log = (...a: unknown[]) => console.log('>>', ...a.map((x) => typeof x === 'string' ? x : JSON.stringify(x)));
const active = (page: Page) => page.evaluate(() => { const e = document.activeElement as HTMLElement; return `${e?.tagName} ${e?.getAttribute('aria-label') ?? ''} ${e?.dataset.composer ?? ''} ${(e?.textContent ?? '').slice(0, 30)}`; });
const list = (page: Page) => page.getByRole('navigation', { name: 'Conversations' });
test.beforeEach(async ({ page }) => { watch(page, 'p1'); await model({ tokens_per_second: 400, first_token_ms: 50, tokens: 0 }); });
test.afterAll(() => model(USUAL));

test('A1 list grows', async ({ page }) => {
  const account = await signedIn(page);
  for (let i = 0; i < 60; i++) await call(account, 'POST', 'conversations', { intake: false, title: `Number ${i}` });
  await page.goto(url('/'));
  await expect(list(page).getByRole('link', { name: /Number 59/ })).toBeVisible();
  const count = () => list(page).locator('li a').count();
  log('first', await count());
  for (let k = 0; k < 8; k++) { await list(page).locator('ul').evaluate((e) => e.scrollTo(0, e.scrollHeight)); await page.waitForTimeout(300); log('then', await count()); }
  await page.screenshot({ path: OUT + 'list.png' });
  log('focus on home', await active(page));
  // folded and Ctrl+K
  await page.keyboard.press('Control+b');
  await page.keyboard.press('Control+k');
  log('ctrl+k when folded', await active(page));
});

test('A2 intake edit keyboard, focus', async ({ page }) => {
  await signedIn(page);
  await page.getByRole('button', { name: /three short questions/ }).click();
  await composer(page).fill('I run'); await composer(page).press('Enter');
  await expect(page.getByText('What would you like to reach?')).toBeVisible();
  log('after answer', await active(page));
  await page.getByRole('button', { name: 'Edit' }).first().focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Edit' })).toBeFocused();
  await page.keyboard.press('Escape');
  log('focus after escape of edit', await active(page));
  await page.getByRole('button', { name: 'Edit' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Edit' }).fill('I walk');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('I walk', { exact: true }).last()).toBeVisible();
  log('focus after save', await active(page));
  await composer(page).fill('draft goal');
  await page.goto(url('/')); await page.goBack();
  await expect(composer(page)).toHaveValue('draft goal');
  log('question still', await page.getByText('What would you like to reach?').count());
});

test('A3 drafts per conversation, back and forward, titles', async ({ page }) => {
  const account = await signedIn(page);
  const a = await call<{ id: string }>(account, 'POST', 'conversations', { intake: false, title: 'Alpha' });
  const b = await call<{ id: string }>(account, 'POST', 'conversations', { intake: false, title: 'B'.repeat(190) });
  await page.goto(url(`/c/${a.id}`)); await composer(page).fill('draft A');
  await page.goto(url(`/c/${b.id}`)); await composer(page).fill('draft B');
  await page.screenshot({ path: OUT + 'longtitle.png' });
  await page.setViewportSize({ width: 320, height: 640 });
  await page.screenshot({ path: OUT + 'longtitle-320.png' });
  log('overflow 320', await page.evaluate(() => document.documentElement.scrollWidth));
  await page.setViewportSize({ width: 1280, height: 820 });
  await page.reload(); await expect(composer(page)).toHaveValue('draft B');
  await list(page).getByRole('link', { name: 'Alpha' }).click();
  await expect(composer(page)).toHaveValue('draft A');
  log('focus after opening by list', await active(page));
  await page.goBack(); await expect(composer(page)).toHaveValue('draft B');
  await page.goForward(); await expect(composer(page)).toHaveValue('draft A');
  log('title', await page.title());
});

test('A4 choices, arrows by keyboard, focus', async ({ page }) => {
  await signedIn(page);
  await ask(page, 'One'); await ended(page);
  await page.getByRole('button', { name: 'Answer again' }).click();
  await expect(page.getByText('2/2')).toBeVisible(); await ended(page);
  log('focus after regenerate', await active(page));
  const group = page.getByRole('group', { name: 'Answers', exact: true });
  await group.getByRole('button', { name: 'Previous' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('1/2')).toBeVisible();
  log('focus after Previous', await active(page));
  await group.getByRole('button', { name: 'Next' }).focus();
  await page.keyboard.press('Enter');
  log('focus after Next', await active(page));
  await composer(page).fill('Two');
  await page.getByRole('button', { name: 'Send' }).click();
  await ended(page);
  log('focus after click on Send', await active(page));
});

test('A5 rename focus, requests', async ({ page }) => {
  const account = await signedIn(page);
  const a = await call<{ id: string }>(account, 'POST', 'conversations', { intake: false, title: 'Alpha' });
  await page.goto(url(`/c/${a.id}`));
  const patches: string[] = [];
  page.on('request', (r) => { if (r.method() === 'PATCH') patches.push(r.postData() ?? ''); });
  const opener = page.getByRole('main').getByRole('button', { name: /^Options for/ });
  await opener.focus(); await page.keyboard.press('Enter');
  await page.waitForTimeout(300);
  log('menu focus', await active(page));
  await page.getByRole('menuitem', { name: 'Rename' }).focus(); await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Rename' })).toBeFocused();
  await page.keyboard.type('Omega'); await page.keyboard.press('Enter');
  await page.waitForTimeout(500);
  log('patches', patches, 'focus', await active(page));
  for (const b of ['Settings of this conversation']) {
    await page.getByRole('button', { name: b }).focus(); await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog')).toBeVisible();
    log('dialog focus', await active(page));
    await page.keyboard.press('Escape'); await expect(page.getByRole('dialog')).toBeHidden();
    log('after', await active(page));
  }
  await opener.focus(); await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Share' }).click();
  await expect(page.getByRole('dialog')).toBeVisible(); await page.waitForTimeout(300);
  log('share focus', await active(page));
  await page.keyboard.press('Escape'); await expect(page.getByRole('dialog')).toBeHidden(); await page.waitForTimeout(300);
  log('after share', await active(page));
  await opener.click(); await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await page.waitForTimeout(500);
  await page.screenshot({ path: OUT + 'undo.png' });
  await page.setViewportSize({ width: 390, height: 780 });
  await page.screenshot({ path: OUT + 'undo-phone.png' });
  log('after delete', page.url(), await active(page));
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForTimeout(500);
  log('after undo', page.url());
});

test('A6 second device; delete in the other while open', async ({ page, browser }) => {
  const account = await signedIn(page);
  const context = await browser.newContext(); const other = await context.newPage(); watch(other, 'other');
  await other.goto(url('/login'));
  await other.getByLabel('E-mail').fill(account.email);
  await other.getByRole('textbox', { name: 'Password' }).fill(account.password);
  await other.getByRole('button', { name: 'Log in' }).click();
  await expect(other.getByText('No conversations yet')).toBeVisible();
  await ask(page, 'Hello both');
  await list(other).getByRole('link', { name: /Hello both/ }).click();
  await ended(page); await ended(other);
  await expect(other.getByTestId('quota')).toContainText('4 of 5');
  const id = page.url().split('/').at(-1);
  await call(account, 'PATCH', `conversations/${id}`, { title: 'Renamed there' });
  await expect(list(other).getByRole('link', { name: 'Renamed there' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Renamed there' })).toBeVisible();
  await call(account, 'PATCH', `conversations/${id}`, { pinned: true });
  await expect(list(other).getByLabel('Pinned')).toBeVisible();
  await composer(other).fill('typed there');
  await call(account, 'DELETE', `conversations/${id}`);
  await expect(other.getByText('This conversation does not exist')).toBeVisible();
  await expect(list(other).getByRole('link', { name: 'Renamed there' })).toBeHidden();
  await other.screenshot({ path: OUT + 'deleted.png' });
  await call(account, 'POST', `conversations/${id}/restore`);
  await expect(list(other).getByRole('link', { name: 'Renamed there' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Renamed there' })).toBeVisible({ timeout: 5000 }).catch(() => log('NOT BACK after restore'));
  log('draft after restore', await composer(other).inputValue().catch(() => 'none'));
  await context.close();
});

test('A7 IME by CDP', async ({ page }) => {
  await signedIn(page);
  const cdp = await page.context().newCDPSession(page);
  await composer(page).focus();
  await cdp.send('Input.imeSetComposition', { text: '안녕', selectionStart: 2, selectionEnd: 2 });
  await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: 'Process', code: 'Enter', windowsVirtualKeyCode: 229 });
  await page.waitForTimeout(300);
  log('url after Enter in composition', page.url(), await composer(page).inputValue());
  await cdp.send('Input.insertText', { text: '안녕' });
  // as Safari: the composition is over, the key says 229
  await composer(page).evaluate((e) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true } as KeyboardEventInit)));
  await page.waitForTimeout(800);
  log('url after Safari Enter', page.url());
});

test('A8 copy code, math lazily', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const loaded: string[] = []; page.on('request', (r) => { if (r.url().includes('/assets/')) loaded.push(r.url().split('/').at(-1)!); });
  await signedIn(page);
  log('math at home', loaded.filter((f) => /Math|katex|KaTeX|Highlight/i.test(f)));
  await model({ tokens_per_second: 400, first_token_ms: 50 });
  await ask(page, 'Show me code and maths'); await ended(page);
  await page.waitForTimeout(500);
  log('after answer', loaded.filter((f) => /Math|katex|Markdown|Highlight/i.test(f)));
  const copy = page.getByRole('button', { name: 'Copy the code' });
  log('code blocks', await copy.count());
  if (await copy.count()) { await copy.first().click(); log('clip', await page.evaluate(() => navigator.clipboard.readText())); }
  await page.screenshot({ path: OUT + 'answer.png' });
  await page.setViewportSize({ width: 740, height: 360 }); await page.waitForTimeout(200);
  await page.screenshot({ path: OUT + 'landscape.png' });
  await page.setViewportSize({ width: 844, height: 390 }); await page.waitForTimeout(200);
  await page.screenshot({ path: OUT + 'landscape2.png' });
  await page.setViewportSize({ width: 320, height: 640 }); await page.waitForTimeout(200);
  await page.screenshot({ path: OUT + 'narrow.png' });
  log('320 overflow', await page.evaluate(() => document.documentElement.scrollWidth));
  await page.goto(url('/')); await expect(composer(page)).toBeVisible();
  await page.screenshot({ path: OUT + 'narrow-home.png' });
  log('320 overflow home', await page.evaluate(() => document.documentElement.scrollWidth));
  await page.goto(url('/settings')); await page.waitForTimeout(500);
  await page.screenshot({ path: OUT + 'narrow-settings.png' });
  log('320 overflow settings', await page.evaluate(() => document.documentElement.scrollWidth));
});

test('A9 scroll back while sending, to the end', async ({ page }) => {
  await model({ tokens_per_second: 400, tokens: 400, first_token_ms: 50 });
  await signedIn(page);
  await ask(page, 'Long one'); await ended(page);
  await ask(page, 'Long two'); await ended(page);
  const dist = () => page.getByRole('log').evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  log('at end', await dist());
  await page.getByRole('log').evaluate((e) => e.scrollTo(0, 0)); await page.waitForTimeout(300);
  await expect(page.getByRole('button', { name: 'To the end' })).toBeVisible();
  await model({ tokens_per_second: 30, tokens: 200, first_token_ms: 50 });
  await ask(page, 'Long three'); await page.waitForTimeout(1500);
  log('after sending from the top', await dist());
  await page.getByRole('log').evaluate((e) => e.scrollBy(0, -600)); await page.waitForTimeout(100);
  const before = await page.getByRole('log').evaluate((e) => e.scrollTop);
  await page.waitForTimeout(2000);
  log('reading back moved by', (await page.getByRole('log').evaluate((e) => e.scrollTop)) - before);
  await page.getByRole('button', { name: 'To the end' }).click(); await page.waitForTimeout(1200);
  log('after To the end', await dist());
  await page.getByRole('button', { name: 'Stop', exact: true }).click(); await ended(page, 'cancelled');
  log('focus after Stop', await active(page));
});

test('A10 quota comes back by itself', async ({ page }) => {
  let remaining = 0; const reset = new Date(Date.now() + 6000).toISOString();
  await page.route('**/api/v1/quota', (r) => r.fulfill({ json: { limit: 5, used: 5 - remaining, remaining, resets_at: remaining ? new Date(Date.now() + 86400_000).toISOString() : reset } }));
  await signedIn(page);
  await expect(page.getByText(/are used up/)).toBeVisible();
  await page.screenshot({ path: OUT + 'spent.png' });
  remaining = 5;
  await page.waitForTimeout(12_000);
  log('still blocked', await page.getByText(/are used up/).count(), await page.getByTestId('quota').innerText());
});
