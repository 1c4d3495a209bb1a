import { Alert, Anchor, Button, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { auth } from '../../api/endpoints';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { AuthFrame } from './AuthFrame';

/** Has a link sent to set a new password; whether there is an account is told nobody here. */
export function ForgotPasswordPage() {
  const { t } = useTranslation();
  const [sent, setSent] = useState(false);
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async (form: FormData) => {
    await auth.requestReset({ email: textOf(form, 'email') });
    setSent(true);
  });
  if (sent) {
    return (
      <AuthFrame title={t('auth.checkMail')}>
        <Text role="status">{t('auth.forgotSent')}</Text>
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title={t('auth.forgot')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Stack>
          <Text c="dimmed">{t('auth.forgotText')}</Text>
          {error?.errors.length === 0 && (
            <Alert color="red" role="alert">
              {problemText(error)}
            </Alert>
          )}
          <TextInput
            name="email"
            type="email"
            label={t('auth.email')}
            autoComplete="username"
            required
            autoFocus
            error={fieldError(error, 'email') && t('auth.emailInvalid')}
          />
          <Button type="submit" loading={pending} mt="xs" size="md">
            {t('auth.forgotSubmit')}
          </Button>
          <Anchor component={Link} to="/login" size="sm" ta="center">
            {t('auth.logIn')}
          </Anchor>
        </Stack>
      </form>
    </AuthFrame>
  );
}
