import { Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import { EmailField } from '../../forms/EmailField';
import { textOf } from '../../forms/fieldText';
import { Form } from '../../forms/Form';
import { NewPasswordField } from '../../forms/PasswordField';
import { FormProblem } from '../../forms/ProblemAlert';
import { profileOf } from '../../forms/profile';
import { ProfileFields } from '../../forms/ProfileFields';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { AuthAlternatives } from './AuthAlternatives';
import { AuthFrame } from './AuthFrame';
import { AuthSubmit } from './AuthSubmit';

export function SignupPage() {
  const { t } = useTranslation();
  const [mailed, setMailed] = useState(false);
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async (given: FormData) => {
    const [email, password] = [textOf(given, 'email'), textOf(given, 'password')];
    const { access, refresh } = await auth.signUp({ email, password, ...profileOf(given) });
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
      <Form onSubmit={submit}>
        <FormProblem problem={error} />
        <EmailField
          autoComplete="username"
          autoFocus
          problem={error}
          takenText={error ? problemText(error) : ''}
        />
        <NewPasswordField problem={error} />
        <ProfileFields error={error} />
        <AuthSubmit pending={pending}>{t('auth.signUp')}</AuthSubmit>
      </Form>
      <AuthAlternatives question={t('auth.haveAccount')} to="/login" linkText={t('auth.logIn')} />
    </AuthFrame>
  );
}
