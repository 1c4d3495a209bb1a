import { Button, Divider, Stack } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { auth } from '../../api/endpoints';
import type { Provider } from '../../api/types';
import { safeNext } from './loginRedirect';
import * as oauth from './oauth';

/** A button for each provider that the server has; nothing where it has none. */
export function Providers({ next }: { next: string | null }) {
  const { t } = useTranslation();
  const [providers, setProviders] = useState<Provider[]>([]);
  useEffect(() => {
    // Without the list there are simply no buttons.
    if (oauth.isPossible()) auth.providers().then(setProviders, () => undefined);
  }, []);
  if (providers.length === 0) return null;
  return (
    <>
      <Divider my="lg" label={t('auth.or')} />
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
