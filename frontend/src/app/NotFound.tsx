import { Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { AuthFrame } from '../features/auth/AuthFrame';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <AuthFrame title={t('notFound.title')}>
      <Text c="dimmed">{t('notFound.text')}</Text>
      <Button component={Link} to="/" mt="lg">
        {t('notFound.home')}
      </Button>
    </AuthFrame>
  );
}
