/** Each page in both themes: no serious finding of axe, and a picture to look at. */
import axe from 'axe-core';
import { expect, test, type Page } from '@playwright/test';

import { ask, call, composer, ended, newAccount, send, url } from './member';
import { canKill, model, USUAL } from './processes';

const FOLDER = new URL('./artifacts/', import.meta.url).pathname;
const SIZES = { desktop: { width: 1280, height: 820 }, phone: { width: 390, height: 780 } };
const TEXTS = {
  en: {
    question: 'How do I prepare for my first half marathon?',
    answers: [
      'I run five kilometres twice a week.',
      'Finish a half marathon in spring.',
      'My knees are not the best.',
    ],
  },
  ko: {
    question: '첫 하프 마라톤은 어떻게 준비하면 좋을까요?',
    answers: [
      '일주일에 두 번 5킬로미터를 달립니다.',
      '봄에 하프 마라톤을 완주하고 싶어요.',
      '무릎이 썩 좋지 않습니다.',
    ],
  },
};

test.beforeAll(() =>
  canKill() ? model({ tokens_per_second: 400, first_token_ms: 50 }) : undefined,
);
test.afterAll(() => (canKill() ? model(USUAL) : undefined));

for (const language of ['en', 'ko'] as const) {
  for (const theme of ['light', 'dark'] as const) {
    for (const size of ['desktop', 'phone'] as const) {
      test(`${language}, ${theme}, ${size}`, async ({ browser }) => {
        test.setTimeout(150_000);
        const context = await browser.newContext({
          viewport: SIZES[size],
          reducedMotion: 'reduce',
          bypassCSP: true,
          hasTouch: size === 'phone',
        });
        const page = await context.newPage();
        await page.addInitScript(
          ([lang, scheme]) => {
            localStorage.setItem('malgil.language', lang);
            localStorage.setItem('mantine-color-scheme-value', scheme);
          },
          [language, theme] as const,
        );
        const look = (name: string) => shoot(page, `${name}-${size}-${theme}-${language}`);
        for (const path of ['', 'login', 'signup', 'shared/none']) {
          await page.goto(url(`/${path}`));
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
          await page.waitForLoadState('networkidle');
          await look(path.replace('/', '-') || 'landing');
        }
        const account = await newAccount(language === 'ko' ? '하늘' : 'Ada');
        await page.evaluate(
          (refresh) => localStorage.setItem('malgil.refresh', refresh),
          account.refresh,
        );
        await page.goto(url('/'));
        await expect(composer(page)).toBeVisible();
        await page.waitForLoadState('networkidle');
        await look('home');
        await page.goto(url('/settings'));
        await expect(page.getByRole('heading', { level: 2 }).nth(3)).toBeVisible();
        await look('settings');
        await intake(page, TEXTS[language].answers, look);
        await ask(page, TEXTS[language].question);
        await ended(page);
        await look('conversation');
        const { id } = await call<{ id: string }>(account, 'POST', 'conversations', {
          intake: false,
          config: { n: 2 },
        });
        await page.goto(url(`/c/${id}`));
        await expect(composer(page)).toBeVisible();
        await look('empty');
        await ask(page, TEXTS[language].question);
        await ended(page);
        await look('choices');
        await page.locator('main header').getByRole('button').nth(0).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await look('config');
        await page.keyboard.press('Escape');
        const { token } = await call<{ token: string }>(
          account,
          'POST',
          `conversations/${id}/share`,
        );
        await page.goto(url(`/shared/${token}`));
        await expect(page.locator('main table').first()).toBeVisible();
        await look('shared');
        await page.goto(url('/'));
        await expect(composer(page)).toBeVisible();
        await page.keyboard.press('Control+/');
        await expect(page.getByRole('dialog')).toBeVisible();
        await look('shortcuts');
        await page.keyboard.press('Escape');
        if (size === 'phone') {
          await page.locator('button[class*=opener]').click();
          await expect(page.getByRole('dialog')).toBeVisible();
          await page.waitForTimeout(300);
          await look('drawer');
        }
        await context.close();
      });
    }
  }
}

async function intake(
  page: Page,
  texts: string[],
  look: (name: string) => Promise<void>,
): Promise<void> {
  await page.goto(url('/'));
  await page.locator('main button[class*=card]').click();
  await expect(page).toHaveURL(/\/c\//);
  for (const [index, text] of texts.entries()) {
    await composer(page).fill(text);
    await send(page);
    if (index < 2) await expect(composer(page)).toHaveValue('');
    await expect(page.getByText(text, { exact: true }).first()).toBeVisible();
    if (index === 1) await look('intake');
  }
  await look('ready');
  await page.locator('[class*=ready] button').first().click();
  await ended(page);
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${FOLDER}${name}.png` });
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
  );
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('; ')}`,
    );
  expect.soft(serious, name).toEqual([]);
}
