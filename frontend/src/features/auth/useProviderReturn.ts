import { useEffect, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';

import { auth } from '../../api/endpoints';
import { Problem } from '../../api/problem';
import * as session from '../../api/session';
import { useSubmit } from '../../forms/useSubmit';
import { safeNext } from './loginRedirect';
import * as oauth from './oauth';

/** Values of the `error` parameter, which the server sends back instead of a code. */
const RETURNED_ERRORS = ['access_denied', 'state_lost', 'provider_failed'] as const;
/** After these the code is used up, so that another address would not help. */
const FINAL_CODES = new Set(['code_invalid', 'email_not_verified', 'member_deactivated']);

/**
 * Ends a provider's sign-in from what stands in the address: exchanges the one-time `code` for a
 * session, or reports why there is none. `needsEmail`: the provider gave no address; ask for one and
 * `submit` it. `returned`: the error that the server sent back instead of a code. `error`: why the
 * exchange was refused.
 */
export function useProviderReturn() {
  const [params] = useSearchParams();
  const [code] = useState(params.get('code'));
  const [errorParam] = useState(params.get('error'));
  const [needsEmail, setNeedsEmail] = useState(false);
  const verifier = useRef<string | null>(null);
  const navigate = useNavigate();

  const { submit, pending, error } = useSubmit(async (email?: string) => {
    if (code === null) return;
    // Without a verifier the code was begun in another tab. A wrong verifier makes the server use it
    // up, so that nobody who reads the address can.
    verifier.current ??= oauth.takeVerifier() ?? oauth.newVerifier();
    const body = { code, verifier: verifier.current, ...(email !== undefined && { email }) };
    try {
      const { next, ...pair } = await auth.exchange(body);
      session.begin(pair);
      void navigate(safeNext(next), { replace: true });
    } catch (reason) {
      if (!(reason instanceof Problem) || reason.code !== 'email_required') throw reason;
      setNeedsEmail(true);
    }
  });

  useEffect(() => {
    // The code must not stay in the browser's history.
    void navigate('/login/return', { replace: true });
    void submit();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);

  const returned =
    code === null ? (RETURNED_ERRORS.find((known) => known === errorParam) ?? 'state_lost') : null;
  return {
    returned,
    needsEmail: needsEmail && !FINAL_CODES.has(error?.code ?? ''),
    submit,
    pending,
    error,
  };
}
