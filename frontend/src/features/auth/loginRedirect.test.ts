import { describe, expect, it } from 'vitest';

import { loginPath, safeNext } from './loginRedirect';

describe('safeNext', () => {
  it.each(['/', '/settings', '/c/01a2?x=1#end', '/shared/abc'])(
    'follows our own path %s',
    (path) => {
      expect(safeNext(path)).toBe(path);
    },
  );

  it.each([
    null,
    '',
    'settings',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/.//evil.example',
    '/nowhere',
    'http:settings',
    '/login',
  ])('does not follow %s', (path) => {
    expect(safeNext(path)).toBe('/');
  });
});

describe('loginPath', () => {
  it('carries where to come back to', () => {
    expect(loginPath('/c/1?a=b')).toBe('/login?next=%2Fc%2F1%3Fa%3Db');
    expect(loginPath('/')).toBe('/login');
  });
});
