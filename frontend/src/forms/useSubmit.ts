import { useRef, useState } from 'react';

import { Problem } from '../api/problem';

/**
 * Runs one action at a time and keeps what became of it: `error` until the next call, `done` from
 * the first success until `clearDone`. A second call while one runs does nothing: the lock is taken
 * at once, not with the next render, so a double click makes one request.
 *
 * `submit` resolves to whether the action succeeded. Anything but a Problem is thrown.
 */
export function useSubmit<Arguments extends unknown[]>(
  action: (...given: Arguments) => Promise<unknown>,
) {
  const busy = useRef(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Problem | null>(null);
  const [done, setDone] = useState(false);

  const submit = async (...given: Arguments): Promise<boolean> => {
    if (busy.current) return false;
    busy.current = true;
    setPending(true);
    setError(null);
    try {
      await action(...given);
      setDone(true);
      return true;
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      setError(reason);
      return false;
    } finally {
      busy.current = false;
      setPending(false);
    }
  };
  return {
    submit,
    pending,
    error,
    done,
    clear: () => setError(null),
    clearDone: () => setDone(false),
  };
}
