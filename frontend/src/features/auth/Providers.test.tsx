import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { afterEach, expect, it, vi } from 'vitest';

import { auth } from '../../api/endpoints';
import { network } from '../../api/problem';
import { show } from '../../test/render';
import { LoginPage } from './LoginPage';
import * as oauth from './oauth';
import { Providers } from './Providers';
import { SignupPage } from './SignupPage';

const ON = [
  { id: 'github', name: 'GitHub' },
  { id: 'oidc', name: 'Our School' },
];

afterEach(() => vi.restoreAllMocks());

it.each([
  ['log-in', <LoginPage key="log-in" />],
  ['sign-up', <SignupPage key="sign-up" />],
])('the %s page has a button for each provider', async (_, page) => {
  vi.spyOn(auth, 'providers').mockResolvedValue(ON);
  const start = vi.spyOn(oauth, 'start').mockResolvedValue();
  show(<MemoryRouter initialEntries={['/login?next=%2Fsettings']}>{page}</MemoryRouter>);
  await userEvent.click(await screen.findByRole('button', { name: 'Continue with Our School' }));
  expect(screen.getByRole('button', { name: 'Continue with GitHub' })).toBeVisible();
  expect(start).toHaveBeenCalledExactlyOnceWith('oidc', '/settings');
});

it('an address of another site does not go along', async () => {
  vi.spyOn(auth, 'providers').mockResolvedValue(ON);
  const start = vi.spyOn(oauth, 'start').mockResolvedValue();
  show(<Providers next="//evil.example" />);
  await userEvent.click(await screen.findByRole('button', { name: 'Continue with GitHub' }));
  expect(start).toHaveBeenCalledExactlyOnceWith('github', '/');
});

it.each([
  ['there is none', () => vi.spyOn(auth, 'providers').mockResolvedValue([])],
  ['the list does not come', () => vi.spyOn(auth, 'providers').mockRejectedValue(network())],
])('shows nothing where %s', async (_, given) => {
  const asked = given();
  show(<Providers next={null} />);
  await waitFor(() => expect(asked).toHaveBeenCalledOnce());
  expect(screen.queryByRole('button')).toBeNull();
  expect(screen.queryByText('or')).toBeNull();
});

it('shows nothing where the browser cannot hash', () => {
  const asked = vi.spyOn(auth, 'providers').mockResolvedValue(ON);
  vi.spyOn(oauth, 'isPossible').mockReturnValue(false);
  show(<Providers next={null} />);
  expect(asked).not.toHaveBeenCalled();
});
