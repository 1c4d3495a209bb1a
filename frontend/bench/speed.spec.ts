/** How the client behaves under load, by the browser's own trace (long tasks, frames). */
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test, type Page, type WebSocketRoute } from '@playwright/test';

import { signedIn, url } from '../e2e/member';

const MESSAGES = 1_000;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const DELTAS_PER_SECOND = 200;
const LONG_TASK_MS = 100;

const CONFIG = {
  model: 'm',
  temperature: null,
  stream: true,
  max_tokens: null,
  n: null,
  system: null,
};
const BASE = {
  config: CONFIG,
  pinned: false,
  archived: false,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
};
const TEXT = [
  '## Heading',
  'A paragraph with **bold**, `code` and a [link](https://example.org), long enough to wrap over a few lines of the page, as answers do.',
  '- one\n- two\n- three',
  '```python\ndef answer(question: str) -> str:\n    return question[::-1]\n```',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  'And $$x^2 + y^2 = z^2$$ at the end.',
].join('\n\n');

const reply = (index: number, status: string, content: string | null) => ({
  id: `r${index}`,
  conversation: 'c1',
  prompt: `p${index}`,
  status,
  attempt: 1,
  queue_position: null,
  retry_at: null,
  config: CONFIG,
  choices:
    content === null
      ? []
      : [{ id: `x${index}`, index: 0, role: 'assistant', content, finish_reason: 'stop' }],
  usage: null,
  error: null,
  created_at: new Date(1.7e12 + index * 1000).toISOString(),
  started_at: null,
  finished_at: null,
});
const prompt = (index: number) => ({
  id: `p${index}`,
  kind: 'message',
  prompt: '',
  answer: `Question ${index}`,
  parent: index === 0 ? null : `x${index - 1}`,
  position: index,
});

function conversation(turns: number, running: boolean) {
  const indexes = Array.from({ length: turns }, (_, index) => index);
  const replies = indexes.map((index) => reply(index, 'completed', `${TEXT}\n\n${index}`));
  if (running) replies[turns - 1] = reply(turns - 1, 'in_progress', null);
  return { id: 'c1', title: 'Bench', ...BASE, prompts: indexes.map(prompt), replies };
}

type Measured = {
  /** Tasks of the page's main thread over 50 ms: by the clock, and by the CPU time they took. */
  longTasksMs: number[];
  longTasksCpuMs: number[];
  longestCpuMs: number;
  framesPerSecond: number;
  seconds: number;
};
type TraceEvent = {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
};

/**
 * By the browser's own trace. What is judged is CPU time: on a machine that does other things, too,
 * the clock also counts the time that a task waited for a core.
 */
async function measure(page: Page, act: () => Promise<void>): Promise<Measured> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('There is no browser to trace.');
  await page.evaluate(() => {
    Object.assign(window, { frames: 0 });
    const frame = (): void => {
      (window as unknown as { frames: number }).frames += 1;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const began = Date.now();
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await act();
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as {
    traceEvents: TraceEvent[];
  };
  const seconds = (Date.now() - began) / 1000;
  const frames = await page.evaluate(() => (window as unknown as { frames: number }).frames);
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) =>
      ph === 'X' && name.endsWith('RunTask') && mains.has(`${pid}.${tid}`),
  );
  const longest = tasks.reduce((most, { tdur }) => Math.max(most, tdur ?? 0), 0);
  if (longest === 0) throw new Error('The trace tells no CPU time of tasks.');
  const over50 = (microseconds: (number | undefined)[]): number[] =>
    microseconds
      .map((value) => Math.round((value ?? 0) / 1000))
      .filter((ms) => ms > 50)
      .sort((x, y) => y - x);
  return {
    longTasksMs: over50(tasks.map(({ dur }) => dur)),
    longTasksCpuMs: over50(tasks.map(({ tdur }) => tdur)),
    longestCpuMs: Math.round(longest / 1000),
    framesPerSecond: Math.round(frames / seconds),
    seconds: Math.round(seconds),
  };
}

async function tell(name: string, measured: object): Promise<void> {
  console.log(name, JSON.stringify(measured));
  const folder = new URL('./results/', import.meta.url).pathname;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${name}.json`, JSON.stringify(measured, null, 2));
}

test('a conversation of 1,000 messages scrolls without long tasks', async ({ page }) => {
  await signedIn(page);
  await page.route('**/api/v1/conversations/c1', (route) =>
    route.fulfill({ json: conversation(MESSAGES / 2, false) }),
  );
  await page.goto(url('/c/c1'));
  await expect(page.getByText(`Question ${MESSAGES / 2 - 1}`, { exact: true })).toBeVisible();
  await page.waitForTimeout(1_500);
  await page.mouse.move(700, 400);
  const measured = await measure(page, async () => {
    for (let step = 0; step < 150; step += 1) {
      await page.mouse.wheel(0, step < 110 ? -900 : 1400);
      await page.waitForTimeout(40);
    }
  });
  await tell('scroll', measured);
  expect(measured.longTasksCpuMs.filter((ms) => ms > LONG_TASK_MS)).toEqual([]);
});

test('200 deltas a second for a minute keep the page responsive', async ({ page }) => {
  let server: WebSocketRoute | undefined;
  await page.routeWebSocket(/\/ws\/v1/, (socket) => {
    server = socket;
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    socket.send(
      JSON.stringify({ type: 'ready', member: 'm', expires_at: expires, heartbeat_seconds: 3600 }),
    );
  });
  await signedIn(page);
  await page.route('**/api/v1/conversations/c1', (route) =>
    route.fulfill({ json: conversation(20, true) }),
  );
  await page.goto(url('/c/c1'));
  await expect(page.getByText('Thinking …')).toBeVisible();
  const typed: number[] = [];
  const measured = await measure(page, async () => {
    const words = `${TEXT}\n\n`.match(/\S+\s*/g) ?? [];
    const began = Date.now();
    for (let seq = 1; seq <= SECONDS * DELTAS_PER_SECOND;) {
      const due = Math.floor(((Date.now() - began) / 1000) * DELTAS_PER_SECOND);
      for (; seq <= due; seq += 1) {
        server?.send(
          JSON.stringify({
            type: 'reply.delta',
            reply: 'r19',
            conversation: 'c1',
            attempt: 1,
            seq,
            choice: 0,
            text: words[seq % words.length],
          }),
        );
      }
      if (seq % (DELTAS_PER_SECOND * 2) < 3) {
        const at = Date.now();
        await page.locator('textarea[data-composer]').press('a');
        typed.push(Date.now() - at);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await page.waitForTimeout(500);
  });
  await tell('deltas', { ...measured, keyMs: typed });
  expect(measured.longTasksCpuMs.filter((ms) => ms > LONG_TASK_MS)).toEqual([]);
});
