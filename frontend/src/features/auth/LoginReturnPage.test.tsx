import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { auth } from '../../api/endpoints';
import { network, Problem } from '../../api/problem';
import * as session from '../../api/session';
import { show } from '../../test/render';
import { LoginReturnPage } from './LoginReturnPage';

const exchange = vi.spyOn(auth, 'exchange');
const PAIR = { access: 'a', refresh: 'r' };
const refusal = (status: number, code: string, field?: string) =>
  new Problem({ status, code, ...(field && { errors: [{ field, detail: 'no' }] }) });

beforeEach(() => {
  sessionStorage.setItem('malgil.verifier', 'the-verifier');
});
afterEach(() => {
  exchange.mockReset();
  sessionStorage.clear();
  session.end();
});

function comeBack(query: string) {
  const routes = [
    { path: '/login/return', element: <LoginReturnPage /> },
    { path: '*', element: <p>elsewhere</p> },
  ];
  const router = createMemoryRouter(routes, { initialEntries: [`/login/return?${query}`] });
  show(<RouterProvider router={router} />);
  return router;
}

const email = () => screen.findByRole('textbox', { name: /E-mail/ });

describe('a code', () => {
  it('signs in, and leads on', async () => {
    exchange.mockResolvedValue({ ...PAIR, next: '/settings' });
    const router = comeBack('code=c');
    await screen.findByText('elsewhere');
    expect(exchange).toHaveBeenCalledExactlyOnceWith({ code: 'c', verifier: 'the-verifier' });
    expect(router.state.location.pathname).toBe('/settings');
    expect(session.memberId()).not.toBeNull();
  });

  it.each(['//evil.example', 'https://evil.example', 'javascript:alert(1)'])(
    'never leads to %s',
    async (next) => {
      exchange.mockResolvedValue({ ...PAIR, next });
      const router = comeBack('code=c');
      await screen.findByText('elsewhere');
      expect(router.state.location.pathname).toBe('/');
    },
  );

  it('does not stay in the address', async () => {
    exchange.mockReturnValue(new Promise(() => undefined));
    const router = comeBack('code=c');
    await waitFor(() => expect(router.state.location.search).toBe(''));
    expect(screen.getByRole('status')).toHaveTextContent('One moment');
    expect(sessionStorage).toHaveLength(0);
  });

  it('that another tab began is used up all the same', async () => {
    sessionStorage.clear();
    exchange.mockRejectedValue(refusal(401, 'code_invalid'));
    comeBack('code=c');
    expect(await screen.findByRole('alert')).toHaveTextContent('was not begun here');
    expect(exchange.mock.calls[0]?.[0].verifier).toMatch(/^[\w-]{43}$/);
  });
});

describe('what went wrong is told', () => {
  it.each([
    ['error=access_denied', 'did not give your consent'],
    ['error=provider_failed', 'could not be reached'],
    ['error=state_lost', 'was not begun here'],
    ['error=%3Cb%3Ex', 'was not begun here'],
    ['', 'was not begun here'],
  ])('after "%s"', async (query, sentence) => {
    comeBack(query);
    expect(await screen.findByRole('alert')).toHaveTextContent(sentence);
    expect(screen.getByRole('link', { name: 'Back to the login' })).toHaveAttribute(
      'href',
      '/login',
    );
    expect(exchange).not.toHaveBeenCalled();
  });

  it.each([
    [refusal(409, 'email_unverified'), 'has not verified that the address is yours'],
    [refusal(403, 'member_deactivated'), 'deactivated'],
    [network(), 'No connection'],
  ])('after the exchange: %s', async (problem, sentence) => {
    exchange.mockRejectedValue(problem);
    comeBack('code=c');
    expect(await screen.findByRole('alert')).toHaveTextContent(sentence);
    expect(session.memberId()).toBeNull();
  });
});

describe('a missing address', () => {
  beforeEach(() => {
    exchange.mockRejectedValueOnce(refusal(409, 'email_required'));
  });

  it('is asked for, and goes along with the same code', async () => {
    exchange.mockResolvedValueOnce({ ...PAIR, next: '/' });
    comeBack('code=c');
    await userEvent.type(await email(), 'mina@example.com{Enter}');
    await screen.findByText('elsewhere');
    expect(exchange).toHaveBeenLastCalledWith({
      code: 'c',
      verifier: 'the-verifier',
      email: 'mina@example.com',
    });
  });

  it.each([
    [refusal(400, 'email_taken', 'email'), 'an account with this e-mail already'],
    [refusal(400, 'invalid', 'email'), 'not an e-mail address'],
    [network(), 'No connection'],
  ])('can be typed again after %s', async (problem, sentence) => {
    exchange.mockRejectedValueOnce(problem);
    exchange.mockResolvedValueOnce({ ...PAIR, next: '/' });
    comeBack('code=c');
    await userEvent.type(await email(), 'mina@example.com{Enter}');
    expect(await screen.findByText(new RegExp(sentence))).toBeVisible();
    await userEvent.type(await email(), '{Enter}');
    await screen.findByText('elsewhere');
  });

  it.each([
    [refusal(401, 'code_invalid'), 'took too long'],
    [refusal(403, 'email_not_verified'), 'Open the link in the mail'],
  ])('is not asked for any more after %s', async (problem, sentence) => {
    exchange.mockRejectedValueOnce(problem);
    comeBack('code=c');
    await userEvent.type(await email(), 'mina@example.com{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent(sentence);
    expect(screen.queryByRole('textbox')).toBeNull();
  });
});
