import { Alert, Badge, Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Member } from '../../api/types';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { Section } from './Section';
import { Unverified } from './Unverified';

/** The address, whether it is proven, and a new one, which counts once it is. */
export function EmailForm({ member }: { member: Member }) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  const problemText = useProblemText();
  const [mailed, setMailed] = useState(false);
  const { submit, pending, error } = useSubmit(async (given: FormData) => {
    const [email, password] = [textOf(given, 'new_email'), textOf(given, 'password')];
    await api.me.changeEmail({ email, password });
    form.current?.reset();
    setMailed(true);
  });
  return (
    <Section title={t('settings.email')}>
      <Group gap="xs" mb="md">
        <Text style={{ overflowWrap: 'anywhere' }}>
          {t('settings.emailNow', { email: member.email })}
        </Text>
        {member.email_verified ? (
          <Badge variant="light">{t('settings.emailVerified')}</Badge>
        ) : (
          <Unverified email={member.email} />
        )}
      </Group>
      <form
        ref={form}
        onChange={() => setMailed(false)}
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Stack>
          {error?.errors.length === 0 && (
            <Alert color="red" role="alert">
              {problemText(error)}
            </Alert>
          )}
          <TextInput
            name="new_email"
            type="email"
            label={t('settings.newEmail')}
            autoComplete="email"
            required
            error={fieldError(error, 'email') && t('auth.emailInvalid')}
          />
          <PasswordInput
            name="password"
            label={t('settings.yourPassword')}
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={{ 'aria-label': t('auth.showPassword') }}
            error={fieldError(error, 'password') && t('problem.password_wrong')}
          />
          <Group>
            <Button type="submit" loading={pending}>
              {t('settings.changeEmail')}
            </Button>
            <Text size="sm" c="dimmed" role="status">
              {mailed && t('settings.emailMailed')}
            </Text>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
