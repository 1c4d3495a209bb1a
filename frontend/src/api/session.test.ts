import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import * as session from './session';

const KEY = 'malgil.refresh';
const token = (claims: object): string => `x.${btoa(JSON.stringify(claims))}.y`;
const later = (): number => Date.now() / 1000 + 3600;
const pair = (name: string) => ({
  access: token({ name, exp: later() }),
  refresh: token({ name, user_id: 'member' }),
});
const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });

const server = vi.fn<(refresh: string) => Promise<Response>>();

beforeEach(() => {
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) =>
    server((JSON.parse(body) as { refresh: string }).refresh),
  );
});
afterEach(() => {
  session.end();
  server.mockReset();
  vi.unstubAllGlobals();
});

describe('the access token', () => {
  it('is fetched once for many who ask at once', async () => {
    session.begin({ ...pair('old'), access: token({ exp: 0 }) });
    server.mockResolvedValue(answer(200, pair('new')));
    const tokens = await Promise.all([
      session.accessToken(),
      session.accessToken(),
      session.accessToken(),
    ]);
    expect(server).toHaveBeenCalledOnce();
    expect(new Set(tokens).size).toBe(1);
  });

  it('is not fetched while it is good', async () => {
    const good = pair('good');
    session.begin(good);
    expect(await session.accessToken()).toBe(good.access);
    expect(server).not.toHaveBeenCalled();
  });

  it('is never in storage', () => {
    const { access, refresh } = pair('a');
    session.begin({ access, refresh });
    expect(JSON.stringify(Object.entries(localStorage))).not.toContain(access);
  });
});

describe('a refusal', () => {
  it('token_rotated waits for the pair of the other tab', async () => {
    session.begin({ ...pair('old'), access: token({ exp: 0 }) });
    const other = pair('other');
    server.mockImplementationOnce(() => {
      setTimeout(() => localStorage.setItem(KEY, other.refresh), 50);
      return Promise.resolve(answer(401, { code: 'token_rotated' }));
    });
    server.mockResolvedValueOnce(answer(200, pair('mine')));
    await session.renew();
    expect(server.mock.calls[1]?.[0]).toBe(other.refresh);
    expect(session.memberId()).toBe('member');
  });

  it('of another kind signs out', async () => {
    session.begin(pair('old'));
    server.mockResolvedValue(answer(401, { code: 'token_reused' }));
    await expect(session.renew()).rejects.toMatchObject({ code: 'token_reused' });
    expect(session.memberId()).toBeNull();
  });

  it('that is none, a broken connection or a restart, does not', async () => {
    session.begin(pair('old'));
    server.mockRejectedValueOnce(new TypeError());
    await expect(session.renew()).rejects.toMatchObject({ code: 'network' });
    server.mockResolvedValueOnce(answer(503, { code: 'database_unavailable' }));
    await expect(session.renew()).rejects.toMatchObject({ status: 503 });
    expect(session.memberId()).toBe('member');
  });
});

it('signing out while an exchange is on its way stays signed out', async () => {
  session.begin(pair('old'));
  server.mockImplementation(() => {
    session.end();
    return Promise.resolve(answer(200, pair('late')));
  });
  await session.renew();
  expect(session.memberId()).toBeNull();
});
