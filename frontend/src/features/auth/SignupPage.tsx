import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import type { Signup } from '../../api/types';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { profileOf } from '../../forms/profile';
import { ProfileFields } from '../../forms/ProfileFields';
import { AuthFrame } from './AuthFrame';
import { Providers } from './Providers';
import { PASSWORD_MIN } from '../../forms/passwordRules';

export function SignupPage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const [mailed, setMailed] = useState(false);
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async (form: Signup) => {
    const { access, refresh } = await auth.signUp(form);
    if (access !== undefined && refresh !== undefined) session.begin({ access, refresh });
    else setMailed(true);
  });
  if (mailed) {
    return (
      <AuthFrame title={t('auth.checkMail')}>
        <Text>{t('auth.checkMailText')}</Text>
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title={t('auth.signUp')}>
      <form
        onSubmit={(event) => {
          // Not `action`: React would empty the form after a refusal.
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const [email, password] = [textOf(form, 'email'), textOf(form, 'password')];
          void submit({ email, password, ...profileOf(form) });
        }}
      >
        <Stack>
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
            error={
              error?.code === 'email_taken'
                ? problemText(error)
                : fieldError(error, 'email') && t('auth.emailInvalid')
            }
          />
          <PasswordInput
            name="password"
            label={t('auth.password')}
            description={t('auth.passwordHint', { count: PASSWORD_MIN })}
            autoComplete="new-password"
            minLength={PASSWORD_MIN}
            required
            visibilityToggleButtonProps={{ 'aria-label': t('auth.showPassword') }}
            error={fieldError(error, 'password') && t('auth.passwordWeak')}
          />
          <ProfileFields error={error} />
          <Button type="submit" loading={pending} mt="xs" size="md">
            {t('auth.signUp')}
          </Button>
        </Stack>
      </form>
      <Providers next={params.get('next')} />
      <Text mt="lg" ta="center" size="sm">
        {t('auth.haveAccount')}{' '}
        <Anchor
          component={Link}
          to={{ pathname: '/login', search: params.toString() }}
          underline="always"
        >
          {t('auth.logIn')}
        </Anchor>
      </Text>
    </AuthFrame>
  );
}
