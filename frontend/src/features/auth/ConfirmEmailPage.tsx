import { Alert, Button, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { auth } from '../../api/endpoints';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { AuthFrame } from './AuthFrame';
import { useLinkToken } from './useLinkToken';

/**
 * The page behind a mail's link that confirms an address. It waits for a click, because some mail
 * servers open all links by themselves.
 */
export function ConfirmEmailPage() {
  const { t } = useTranslation();
  const token = useLinkToken();
  const problemText = useProblemText();
  const { submit, pending, error, done } = useSubmit(() => auth.confirmEmail({ token }));
  if (done) {
    return (
      <AuthFrame title={t('auth.confirmEmail')}>
        <Text role="status">{t('auth.confirmEmailDone')}</Text>
        <Button component={Link} to="/login" mt="lg" size="md">
          {t('auth.goOn')}
        </Button>
      </AuthFrame>
    );
  }
  const why = token === '' ? t('auth.noToken') : error && problemText(error);
  return (
    <AuthFrame title={t('auth.confirmEmail')}>
      <Stack align="flex-start">
        {why !== null && (
          <Alert color="red" role="alert" w="100%">
            {why}
          </Alert>
        )}
        <Text c="dimmed">{t('auth.confirmEmailText')}</Text>
        <Button size="md" loading={pending} disabled={token === ''} onClick={() => void submit()}>
          {t('auth.confirmEmailSubmit')}
        </Button>
      </Stack>
    </AuthFrame>
  );
}
