import { Alert, Anchor, Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { Form } from '../../forms/Form';
import { NewPasswordField } from '../../forms/PasswordField';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { AuthFrame } from './AuthFrame';
import { AuthSubmit } from './AuthSubmit';
import { useLinkToken } from './useLinkToken';

/** Where the link of a mail leads, to set a new password. */
export function NewPasswordPage() {
  const { t } = useTranslation();
  const token = useLinkToken();
  const problemText = useProblemText();
  const { submit, pending, error, done } = useSubmit(async (given: FormData) => {
    await auth.resetPassword({ token, password: textOf(given, 'password') });
    // The server ended all sessions, this browser's too.
    session.end();
  });
  if (done) {
    return (
      <AuthFrame title={t('auth.newPassword')}>
        <Text role="status">{t('auth.newPasswordDone')}</Text>
        <Button component={Link} to="/login" mt="lg" size="md">
          {t('auth.logIn')}
        </Button>
      </AuthFrame>
    );
  }
  const lost = token === '' || fieldError(error, 'token') !== undefined;
  const why = token === '' ? t('auth.noToken') : error && problemText(error);
  return (
    <AuthFrame title={t('auth.newPassword')}>
      <Form onSubmit={submit}>
        {(lost || error?.errors.length === 0) && (
          <Alert color="red" role="alert">
            {why}
          </Alert>
        )}
        {lost ? (
          <Anchor component={Link} to="/forgot-password">
            {t('auth.forgotSubmit')}
          </Anchor>
        ) : (
          <>
            <Text c="dimmed">{t('auth.newPasswordText')}</Text>
            <NewPasswordField label={t('settings.newPassword')} autoFocus problem={error} />
            <AuthSubmit pending={pending}>{t('auth.newPassword')}</AuthSubmit>
          </>
        )}
      </Form>
    </AuthFrame>
  );
}
