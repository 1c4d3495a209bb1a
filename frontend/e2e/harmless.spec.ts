import { expect, test } from '@playwright/test';

import { answers, ask, ended, signedIn, url } from './member';

const SAMPLES = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '[click](javascript:window.hacked=1)',
  '![pixel](https://tracker.example/pixel.png)',
  '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>',
  '$\\href{javascript:window.hacked=1}{x}$',
  '<svg onload="window.hacked=1"></svg>',
  '```js"><img src=x onerror=window.hacked=1>\nlet a;\n```',
].join('\n\n');

/** A conversation with `content` as the model's answer, without asking a model. */
function conversation(content: string) {
  const reply = {
    id: 'r1',
    conversation: 'c1',
    prompt: 'p1',
    status: 'completed',
    attempt: 1,
    queue_position: null,
    retry_at: null,
    config: {
      model: 'm',
      temperature: null,
      stream: true,
      max_tokens: null,
      n: null,
      system: null,
    },
    choices: [{ id: 'x1', index: 0, role: 'assistant', content, finish_reason: 'stop' }],
    usage: null,
    error: null,
    created_at: '2026-01-01T00:00:00Z',
    started_at: null,
    finished_at: '2026-01-01T00:00:01Z',
  };
  return {
    id: 'c1',
    title: '<b>bold</b>',
    config: reply.config,
    pinned: false,
    archived: false,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    prompts: [
      { id: 'p1', kind: 'message', prompt: '', answer: content, parent: null, position: 0 },
    ],
    replies: [reply],
  };
}

test('scripts, links and images in messages and answers stay harmless', async ({ page }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(url()) && !request.url().startsWith('data:'))
      foreign.push(request.url());
  });
  page.on('dialog', (dialog) => {
    throw new Error(`A dialog: ${dialog.message()}`);
  });
  await signedIn(page);
  await page.route('**/api/v1/conversations/c1', (route) =>
    route.fulfill({ json: conversation(SAMPLES) }),
  );
  await page.goto(url('/c/c1'));
  await expect(answers(page)).toBeVisible();
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
  expect(await page.locator('main script, main iframe, main img, main svg[onload]').count()).toBe(
    0,
  );
  expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  expect(foreign).toEqual([]);
});

test('the page forbids inline scripts, and other servers', async ({ page }) => {
  const answer = await page.goto(url('/login'));
  const policy = answer?.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).not.toContain('http');
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.hacked = 1';
    document.body.append(script);
    const button = document.createElement('button');
    button.setAttribute('onclick', 'window.hacked = 2');
    document.body.append(button);
    button.click();
  });
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
});

test('long words, 100 kB, right-to-left, emoji and combined Hangul keep the layout', async ({
  page,
}) => {
  const odd = [
    'w'.repeat(5000),
    'مرحبا بكم في هذه المحادثة الطويلة',
    '👩‍👩‍👧‍👦 '.repeat(200),
    '한글'.normalize('NFD').repeat(300),
    'a b '.repeat(25_000),
    `| ${'column | '.repeat(40)}\n|${'---|'.repeat(41)}\n| ${'cell | '.repeat(40)}`,
  ].join('\n\n');
  await signedIn(page);
  await page.route('**/api/v1/conversations/c1', (route) =>
    route.fulfill({ json: conversation(odd) }),
  );
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(url('/c/c1'));
    await expect(answers(page)).toBeVisible();
    const overflow = await page.evaluate(() => {
      const log = document.querySelector('[role=log]');
      return [
        document.documentElement.scrollWidth - innerWidth,
        (log?.scrollWidth ?? 0) - (log?.clientWidth ?? 0),
      ];
    });
    expect(overflow.every((pixels) => pixels <= 1)).toBe(true);
  }
});

test('hostile text as a message comes back as text', async ({ page }) => {
  await signedIn(page);
  await ask(page, '<img src=x onerror=alert(1)> **bold**');
  await ended(page);
  expect(await page.locator('main img').count()).toBe(0);
});
