import { useEffect, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';

import { auth } from '../../api/endpoints';
import { Problem } from '../../api/problem';
import * as session from '../../api/session';
import { useSubmit } from '../../forms/useSubmit';
import { safeNext } from './loginRedirect';
import * as oauth from './oauth';

/** Errors that the server sends back instead of a code. */
const RETURNED = ['access_denied', 'state_lost', 'provider_failed'] as const;
/** The code is used up: there is nothing more to type. */
const OVER = new Set(['code_invalid', 'email_not_verified', 'member_deactivated']);

/**
 * What becomes of somebody who is back from a provider: signed in, asked for an address (`asks`;
 * then `submit` it), or told why not (`returned`, or the exchange's `error`).
 */
export function useReturn() {
  const [params] = useSearchParams();
  const [code] = useState(params.get('code'));
  const [told] = useState(params.get('error'));
  const [asks, setAsks] = useState(false);
  const verifier = useRef<string | null>(null);
  const navigate = useNavigate();

  const { submit, pending, error } = useSubmit(async (email?: string) => {
    if (code === null) return;
    // A code that was not meant for this tab is used up all the same, by a verifier that is wrong.
    verifier.current ??= oauth.takeVerifier() ?? oauth.newVerifier();
    const body = { code, verifier: verifier.current, ...(email !== undefined && { email }) };
    try {
      const { next, ...pair } = await auth.exchange(body);
      session.begin(pair);
      void navigate(safeNext(next), { replace: true });
    } catch (reason) {
      if (!(reason instanceof Problem) || reason.code !== 'email_required') throw reason;
      setAsks(true);
    }
  });

  useEffect(() => {
    // The code has no business in the history.
    void navigate('/login/return', { replace: true });
    void submit();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);

  const returned =
    code === null ? (RETURNED.find((known) => known === told) ?? 'state_lost') : null;
  return { returned, asks: asks && !OVER.has(error?.code ?? ''), submit, pending, error };
}
