import { Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { AuthFrame } from '../features/auth/AuthFrame';

/**
 * Shown for an exception while rendering, and for a chunk that cannot be loaded because a new
 * release has replaced it. Reloading the page helps in both cases.
 */
export function Crash() {
  const { t } = useTranslation();
  return (
    <AuthFrame title={t('crash.title')}>
      <Text c="dimmed">{t('crash.text')}</Text>
      <Button mt="lg" onClick={() => window.location.reload()}>
        {t('crash.reload')}
      </Button>
    </AuthFrame>
  );
}
