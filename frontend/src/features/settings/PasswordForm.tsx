import { Alert, Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { PASSWORD_MIN } from '../../forms/passwordRules';
import { Section } from './Section';

export function PasswordForm() {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  const problemText = useProblemText();
  const [saved, setSaved] = useState(false);
  const { submit, pending, error } = useSubmit(async (given: FormData) => {
    await api.me.changePassword({
      current_password: textOf(given, 'current_password'),
      new_password: textOf(given, 'new_password'),
    });
    form.current?.reset();
    setSaved(true);
  });
  const showLabel = { 'aria-label': t('auth.showPassword') };
  return (
    <Section title={t('settings.password')}>
      <form
        ref={form}
        onChange={() => setSaved(false)}
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
          <PasswordInput
            name="current_password"
            label={t('settings.currentPassword')}
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={showLabel}
            error={fieldError(error, 'current_password') && t('problem.password_wrong')}
          />
          <PasswordInput
            name="new_password"
            label={t('settings.newPassword')}
            description={t('auth.passwordHint', { count: PASSWORD_MIN })}
            autoComplete="new-password"
            minLength={PASSWORD_MIN}
            required
            visibilityToggleButtonProps={showLabel}
            error={fieldError(error, 'new_password') && t('auth.passwordWeak')}
          />
          <Group>
            <Button type="submit" loading={pending}>
              {t('settings.changePassword')}
            </Button>
            <Text size="sm" c="dimmed" role="status">
              {saved && t('settings.passwordChanged')}
            </Text>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
