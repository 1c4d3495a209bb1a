import { Alert, Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useProblemText } from '../../forms/useProblemText';
import { AuthFrame } from './AuthFrame';
import { MissingEmail } from './MissingEmail';
import { useProviderReturn } from './useProviderReturn';

/** Where a provider sends the browser back to: signs in, asks for an address, or says what failed. */
export function LoginReturnPage() {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const { returned, needsEmail, submit, pending, error } = useProviderReturn();
  if (needsEmail) {
    return (
      <AuthFrame title={t('oauth.emailTitle')}>
        <MissingEmail onSubmit={(email) => void submit(email)} pending={pending} error={error} />
      </AuthFrame>
    );
  }
  const why = returned === null ? error && problemText(error) : t(`oauth.${returned}`);
  return (
    <AuthFrame title={t('oauth.title')}>
      {why ? (
        <>
          <Alert color="red" role="alert">
            {why}
          </Alert>
          <Button component={Link} to="/login" mt="lg" variant="default">
            {t('oauth.again')}
          </Button>
        </>
      ) : (
        <Text role="status">{t('oauth.wait')}</Text>
      )}
    </AuthFrame>
  );
}
