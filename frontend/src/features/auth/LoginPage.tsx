import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { AuthFrame } from './AuthFrame';
import { Providers } from './Providers';

export function LoginPage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState(false);
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async (form: FormData) => {
    const [email, password] = [textOf(form, 'email'), textOf(form, 'password')];
    setEmail(email);
    session.begin(await auth.logIn({ email, password }));
  });
  const { submit: sendAgain } = useSubmit(async (email: string) => {
    await auth.requestVerification({ email });
    setSent(true);
  });
  return (
    <AuthFrame title={t('auth.logIn')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Stack>
          {params.has('next') && !error && <Text c="dimmed">{t('auth.toGoOn')}</Text>}
          {error && (
            <Alert color="red" role="alert">
              {problemText(error)}
              {error.code === 'email_not_verified' && (
                <Button
                  variant="default"
                  size="xs"
                  mt="sm"
                  display="block"
                  onClick={() => void sendAgain(email)}
                >
                  {sent ? t('auth.sent') : t('auth.sendAgain')}
                </Button>
              )}
            </Alert>
          )}
          <TextInput
            name="email"
            type="email"
            label={t('auth.email')}
            autoComplete="username"
            required
            autoFocus
          />
          <PasswordInput
            name="password"
            label={t('auth.password')}
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={{ 'aria-label': t('auth.showPassword') }}
          />
          <Button type="submit" loading={pending} mt="xs" size="md">
            {t('auth.logIn')}
          </Button>
          <Anchor component={Link} to="/forgot-password" size="sm" ta="center">
            {t('auth.forgot')}
          </Anchor>
        </Stack>
      </form>
      <Providers next={params.get('next')} />
      <Text mt="lg" ta="center" size="sm">
        {t('auth.noAccount')}{' '}
        <Anchor
          component={Link}
          to={{ pathname: '/signup', search: params.toString() }}
          underline="always"
        >
          {t('auth.signUp')}
        </Anchor>
      </Text>
    </AuthFrame>
  );
}
