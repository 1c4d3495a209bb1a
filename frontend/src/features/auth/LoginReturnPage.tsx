import { Alert, Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useProblemText } from '../../forms/useProblemText';
import { AuthFrame } from './AuthFrame';
import { MissingEmail } from './MissingEmail';
import { useProviderReturn } from './useProviderReturn';

/** Where a provider's sign-in ends: with a session, a question, or a reason why not. */
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
