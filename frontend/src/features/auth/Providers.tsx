import { Alert, Button, Divider, Stack } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import type { Provider } from '../../api/types';
import { useProblemText } from '../../lib/useProblemText';
import { useSubmit } from '../../lib/useSubmit';
import { safeNext } from './next';
import * as oauth from './oauth';

/** Buttons for the providers that the server has, and the way back from one. */
export function Providers({ next }: { next: string | null }) {
  const { t } = useTranslation();
  const [providers, setProviders] = useState<Provider[]>([]);
  const [params] = useSearchParams();
  const code = params.get('code');
  const navigate = useNavigate();
  const problemText = useProblemText();
  const { submit, error } = useSubmit(async (received: string) => {
    const verifier = oauth.takeVerifier();
    if (verifier === null) return;
    const { next: onward, ...pair } = await auth.exchange({ code: received, verifier });
    session.begin(pair);
    void navigate(safeNext(onward), { replace: true });
  });

  useEffect(() => {
    // Without the list there are simply no buttons.
    auth.providers().then(setProviders, () => undefined);
  }, []);
  useEffect(() => {
    if (code !== null) void submit(code);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each code
  }, [code]);

  return (
    <>
      {error && (
        <Alert color="red" mt="md" role="alert">
          {problemText(error)}
        </Alert>
      )}
      {providers.length > 0 && <Divider my="lg" label={t('auth.or')} />}
      <Stack gap="xs">
        {providers.map(({ id, name }) => (
          <Button key={id} variant="default" onClick={() => void oauth.start(id, safeNext(next))}>
            {t('auth.with', { name })}
          </Button>
        ))}
      </Stack>
    </>
  );
}
