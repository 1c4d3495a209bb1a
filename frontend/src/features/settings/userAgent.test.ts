import { describe, expect, it } from 'vitest';

import { agentOf } from './userAgent';

const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

describe('agentOf', () => {
  it.each([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}`, 'Chrome', 'Windows'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Edg/140.0.0.0`, 'Edge', 'Windows'],
    [`Mozilla/5.0 (Linux; Android 15; SM-S921N) ${CHROME}`, 'Chrome', 'Android'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0',
      'Firefox',
      'macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1',
      'Safari',
      'iOS',
    ],
  ])('knows %s', (userAgent, browser, system) => {
    expect(agentOf(userAgent)).toEqual({ browser, system });
  });

  it.each(['', 'curl/8.14.1', 'python-httpx2/2.0', '<script>'])('does not guess %s', (given) => {
    expect(agentOf(given)).toBeNull();
  });
});
