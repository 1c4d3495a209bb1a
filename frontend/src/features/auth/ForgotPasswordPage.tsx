import { Anchor, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { auth } from '../../api/endpoints';
import { EmailField } from '../../forms/EmailField';
import { textOf } from '../../forms/fieldText';
import { Form } from '../../forms/Form';
import { FormProblem } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';
import { AuthFrame } from './AuthFrame';
import { AuthSubmit } from './AuthSubmit';

/** Sends a link to set a new password. The page does not say whether there is such an account. */
export function ForgotPasswordPage() {
  const { t } = useTranslation();
  const { submit, pending, error, done } = useSubmit((given: FormData) =>
    auth.requestReset({ email: textOf(given, 'email') }),
  );
  if (done) {
    return (
      <AuthFrame title={t('auth.checkMail')}>
        <Text role="status">{t('auth.forgotSent')}</Text>
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title={t('auth.forgot')}>
      <Form onSubmit={submit}>
        <Text c="dimmed">{t('auth.forgotText')}</Text>
        <FormProblem problem={error} />
        <EmailField autoComplete="username" autoFocus problem={error} />
        <AuthSubmit pending={pending}>{t('auth.forgotSubmit')}</AuthSubmit>
        <Anchor component={Link} to="/login" size="sm" ta="center">
          {t('auth.logIn')}
        </Anchor>
      </Form>
    </AuthFrame>
  );
}
