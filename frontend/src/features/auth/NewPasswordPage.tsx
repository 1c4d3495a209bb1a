import { Alert, Anchor, Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { AuthFrame } from './AuthFrame';
import { PASSWORD_MIN } from '../../forms/passwordRules';
import { useLinkToken } from './useLinkToken';

/** Where the link of a mail leads, to set a new password. */
export function NewPasswordPage() {
  const { t } = useTranslation();
  const token = useLinkToken();
  const [done, setDone] = useState(false);
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async (form: FormData) => {
    await auth.resetPassword({ token, password: textOf(form, 'password') });
    // The server ended all sessions, this browser's too.
    session.end();
    setDone(true);
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
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Stack>
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
              <PasswordInput
                name="password"
                label={t('settings.newPassword')}
                description={t('auth.passwordHint', { count: PASSWORD_MIN })}
                autoComplete="new-password"
                minLength={PASSWORD_MIN}
                required
                autoFocus
                visibilityToggleButtonProps={{ 'aria-label': t('auth.showPassword') }}
                error={fieldError(error, 'password') && t('auth.passwordWeak')}
              />
              <Button type="submit" loading={pending} mt="xs" size="md">
                {t('auth.newPassword')}
              </Button>
            </>
          )}
        </Stack>
      </form>
    </AuthFrame>
  );
}
