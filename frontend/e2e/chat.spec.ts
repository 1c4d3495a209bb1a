import { expect, test } from '@playwright/test';

import { answers, ask, call, composer, ended, signedIn, url } from './member';
import { canKill, model, USUAL } from './processes';

const FAST = { tokens_per_second: 400, first_token_ms: 50 };

test.beforeAll(() => (canKill() ? model(FAST) : undefined));
test.afterAll(() => (canKill() ? model(USUAL) : undefined));

test('from sign-up to an answer', async ({ page }) => {
  await page.goto(url('/'));
  await page.getByRole('link', { name: 'Start for free' }).click();
  await page.getByLabel('E-mail').fill(`${Date.now()}@example.com`);
  await page.getByRole('textbox', { name: 'Password' }).fill('kept in a queue');
  await page.getByLabel('Nickname').fill('Ada');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { name: /Hello, Ada/ })).toBeVisible();
  await ask(page, 'What is a queue good for?');
  await expect(page).toHaveURL(/\/c\//);
  await ended(page);
  await expect(answers(page).last()).not.toBeEmpty();
  await expect(page.getByTestId('announcer')).toContainText('The answer is finished.');
  await expect(page.getByTestId('quota')).toContainText('4 of 5 left today');
});

test('an answer that ended before the page heard it was accepted is announced', async ({
  page,
}) => {
  const account = await signedIn(page);
  await page.route('**/replies', async (route) => {
    const accepted = await route.fetch();
    const { id } = (await accepted.json()) as { id: string };
    const status = async () =>
      (await call<{ status: string }>(account, 'GET', `replies/${id}`)).status;
    await expect.poll(status).toBe('completed');
    await route.fulfill({ response: accepted });
  });
  for (const message of ['What is a queue good for?', 'And what is it not good for?']) {
    await ask(page, message);
    await ended(page);
    const { replies } = await call<{ replies: { choices: { content: string }[] }[] }>(
      account,
      'GET',
      `conversations/${page.url().split('/').pop()}`,
    );
    const said = replies.at(-1)?.choices[0]?.content.slice(0, 20);
    await expect(page.getByTestId('announcer')).toContainText(`The answer is finished. ${said}`);
  }
});

test('the intake asks three questions, and goes on where it was left', async ({ page }) => {
  await signedIn(page);
  await page.getByRole('button', { name: /three short questions/ }).click();
  await expect(page.getByText('Where do you stand right now?')).toBeVisible();
  await composer(page).fill('I run five kilometres.');
  await composer(page).press('Enter');
  await expect(page.getByText('What would you like to reach?')).toBeVisible();
  await page.reload();
  await expect(page.getByText('What would you like to reach?')).toBeVisible();
  await composer(page).fill('A marathon');
  await composer(page).press('Enter');
  await page.getByRole('button', { name: 'Nothing in particular' }).click();
  await expect(page.getByText('That is all I need.')).toBeVisible();

  await page.getByText('A marathon', { exact: true }).last().hover();
  await page.getByRole('button', { name: 'Edit' }).nth(1).click();
  await page.getByRole('textbox', { name: 'Edit' }).fill('A half marathon');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('A half marathon', { exact: true }).last()).toBeVisible();

  await page.getByRole('button', { name: 'Get my answer' }).click();
  await ended(page);
  await expect(page.getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await ask(page, 'And then?');
  await ended(page);
});

test('the questions can be skipped', async ({ page }) => {
  await signedIn(page);
  await page.getByRole('button', { name: /three short questions/ }).click();
  await page.getByRole('button', { name: 'Skip the questions' }).click();
  await ask(page, 'Just a question');
  await ended(page);
});

test('a double click on Send makes one request', async ({ page }) => {
  const account = await signedIn(page);
  await composer(page).fill('Once, please');
  await page.getByRole('button', { name: 'Send' }).dblclick();
  await ended(page);
  const { used } = await call<{ used: number }>(account, 'GET', 'quota');
  expect(used).toBe(1);
});

test('a message sent again after the answer was lost is asked once', async ({ page }) => {
  const account = await signedIn(page);
  await ask(page, 'First');
  await ended(page);
  await page.route(
    '**/replies',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  await composer(page).fill('Second');
  await composer(page).press('Enter');
  await expect(page.getByRole('alert')).toContainText('No connection');
  await expect(composer(page)).toHaveValue('Second');
  await page.reload();
  await expect(composer(page)).toHaveValue('Second');
  await ended(page);
  await composer(page).press('Enter');
  await expect(composer(page)).toHaveValue('');
  const { used } = await call<{ used: number }>(account, 'GET', 'quota');
  expect(used).toBe(2);
});

test('edit, regenerate, and the arrows between versions', async ({ page }) => {
  await signedIn(page);
  await ask(page, 'Name three rivers.');
  await ended(page);
  await page.getByRole('button', { name: 'Answer again' }).click();
  await expect(page.getByText('2/2')).toBeVisible();
  await ended(page);
  await page
    .getByRole('group', { name: 'Answers', exact: true })
    .getByRole('button', { name: 'Previous' })
    .click();
  await expect(page.getByText('1/2')).toBeVisible();

  await page.getByText('Name three rivers.', { exact: true }).last().hover();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Edit' }).fill('Name three lakes.');
  await page.getByRole('button', { name: 'Send' }).first().click();
  await expect(page.getByText('Name three lakes.', { exact: true }).last()).toBeVisible();
  await ended(page);
  await page
    .getByRole('group', { name: 'Versions of the message' })
    .getByRole('button', { name: 'Previous' })
    .click();
  await expect(
    page.getByRole('log').getByText('Name three rivers.', { exact: true }).first(),
  ).toBeVisible();
});

test('several answers side by side, one of which is picked to go on', async ({ page }) => {
  const account = await signedIn(page);
  const { id } = await call<{ id: string }>(account, 'POST', 'conversations', {
    intake: false,
    config: { n: 2 },
  });
  await page.goto(url(`/c/${id}`));
  await ask(page, 'Give me ideas.');
  await ended(page);
  await expect(answers(page)).toHaveCount(2);
  await page.getByRole('button', { name: 'Continue with this one' }).click();
  await ask(page, 'Tell me more.');
  await ended(page);
  const { prompts, replies } = await call<{
    prompts: { answer: string; parent: string | null }[];
    replies: { choices: { id: string; index: number }[] }[];
  }>(account, 'GET', `conversations/${id}`);
  const second = replies[0]?.choices.find(({ index }) => index === 1);
  expect(prompts.find(({ answer }) => answer === 'Tell me more.')?.parent).toBe(second?.id);
});

test('what was typed survives a reload', async ({ page }) => {
  await signedIn(page);
  await composer(page).fill('Half a thought');
  await page.reload();
  await expect(composer(page)).toHaveValue('Half a thought');
});
