import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem';
import { EmailField } from '../../forms/EmailField';
import { textOf } from '../../forms/fieldText';
import { Form } from '../../forms/Form';
import { FormProblem } from '../../forms/ProblemAlert';
import { AuthSubmit } from './AuthSubmit';

type Props = { onSubmit: (email: string) => void; pending: boolean; error: Problem | null };

/** Asks for an e-mail address where the provider gave none. */
export function MissingEmail({ onSubmit, pending, error }: Props) {
  const { t } = useTranslation();
  return (
    <Form onSubmit={(given) => onSubmit(textOf(given, 'email'))}>
      <Text c="dimmed">{t('oauth.emailText')}</Text>
      <FormProblem problem={error} />
      <EmailField
        autoComplete="email"
        autoFocus
        problem={error}
        takenText={t('oauth.emailTaken')}
      />
      <AuthSubmit pending={pending}>{t('oauth.emailSubmit')}</AuthSubmit>
    </Form>
  );
}
