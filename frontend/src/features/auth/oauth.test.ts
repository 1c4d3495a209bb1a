import { afterEach, describe, expect, it, vi } from 'vitest';

import * as oauth from './oauth';

const VERIFIER = /^[A-Za-z0-9_-]{43}$/;
const kept = (): string => sessionStorage.getItem('malgil.verifier') ?? '';
const queryOf = (address: string) => new URL(address, window.location.origin).searchParams;

afterEach(() => {
  sessionStorage.clear();
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe('the challenge', () => {
  it('is that of RFC 7636, appendix B', async () => {
    expect(await oauth.challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });

  it('goes along, and the verifier stays in this tab', async () => {
    const address = await oauth.startUrl('github', '/c/1?a=b');
    const query = queryOf(address);
    expect(address).toMatch(/^\/api\/v1\/auth\/github\/start\?/);
    expect(query.get('next')).toBe('/c/1?a=b');
    expect(query.get('challenge')).toBe(await oauth.challengeOf(kept()));
    expect(kept()).toMatch(VERIFIER);
    expect(address).not.toContain(kept());
    expect(query.has('client')).toBe(false);
  });

  it('is another one each time', async () => {
    const [one, two] = [await oauth.startUrl('a', '/'), await oauth.startUrl('a', '/')];
    expect(queryOf(one).get('challenge')).not.toBe(queryOf(two).get('challenge'));
  });
});

it('an API elsewhere is told where to send us back to', async () => {
  vi.stubEnv('VITE_API_BASE', 'https://api.example.org');
  const elsewhere = await import('./oauth');
  const address = await elsewhere.startUrl('kakao', '/');
  expect(address).toMatch(/^https:\/\/api\.example\.org\/api\/v1\/auth\/kakao\/start\?/);
  expect(queryOf(address).get('client')).toBe(`${window.location.origin}/`);
});

it('the verifier is there once', async () => {
  await oauth.startUrl('github', '/');
  expect(oauth.takeVerifier()).toMatch(VERIFIER);
  expect(oauth.takeVerifier()).toBeNull();
});
