import { Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { AuthFrame } from '../features/auth/AuthFrame';

/** A fault of ours, or a part of the page that a new release has replaced. Loading again helps both. */
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
