import { Anchor, Button, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import { EmailField } from '../../forms/EmailField';
import { textOf } from '../../forms/fieldText';
import { Form } from '../../forms/Form';
import { PasswordField } from '../../forms/PasswordField';
import { ProblemAlert } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';
import { AuthAlternatives } from './AuthAlternatives';
import { AuthFrame } from './AuthFrame';
import { AuthSubmit } from './AuthSubmit';

export function LoginPage() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const [email, setEmail] = useState('');
  const { submit, pending, error } = useSubmit(async (form: FormData) => {
    const [email, password] = [textOf(form, 'email'), textOf(form, 'password')];
    setEmail(email);
    session.begin(await auth.logIn({ email, password }));
  });
  const { submit: sendAgain, done: sent } = useSubmit((email: string) =>
    auth.requestVerification({ email }),
  );
  return (
    <AuthFrame title={t('auth.logIn')}>
      <Form onSubmit={submit}>
        {params.has('next') && !error && <Text c="dimmed">{t('auth.toGoOn')}</Text>}
        <ProblemAlert problem={error}>
          {error?.code === 'email_not_verified' && (
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
        </ProblemAlert>
        <EmailField autoComplete="username" autoFocus />
        <PasswordField />
        <AuthSubmit pending={pending}>{t('auth.logIn')}</AuthSubmit>
        <Anchor component={Link} to="/forgot-password" size="sm" ta="center">
          {t('auth.forgot')}
        </Anchor>
      </Form>
      <AuthAlternatives question={t('auth.noAccount')} to="/signup" linkText={t('auth.signUp')} />
    </AuthFrame>
  );
}
