import { Alert, Button, Stack, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../../api/problem';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';

type Props = { onSubmit: (email: string) => void; pending: boolean; error: Problem | null };

/** Asks for the address that a provider did not tell. */
export function MissingEmail({ onSubmit, pending, error }: Props) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const taken = error?.code === 'email_taken';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(textOf(new FormData(event.currentTarget), 'email'));
      }}
    >
      <Stack>
        <Text c="dimmed">{t('oauth.emailText')}</Text>
        {error?.errors.length === 0 && (
          <Alert color="red" role="alert">
            {problemText(error)}
          </Alert>
        )}
        <TextInput
          name="email"
          type="email"
          label={t('auth.email')}
          autoComplete="email"
          required
          autoFocus
          error={
            taken ? t('oauth.emailTaken') : fieldError(error, 'email') && t('auth.emailInvalid')
          }
        />
        <Button type="submit" loading={pending} mt="xs" size="md">
          {t('oauth.emailSubmit')}
        </Button>
      </Stack>
    </form>
  );
}
