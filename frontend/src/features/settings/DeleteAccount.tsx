import { Alert, Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import * as session from '../../api/session';
import type { Member } from '../../api/types';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { Section } from './Section';

/** Asks for the password first: it cannot be undone. */
export function DeleteAccount({ member }: { member: Member }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const [opened, { open, close }] = useDisclosure(false);
  const { submit, pending, error } = useSubmit(async (form: FormData) => {
    await api.me.remove({ password: textOf(form, 'password') });
    session.leave();
  });
  return (
    <Section title={t('settings.delete')}>
      <Text size="sm" c="dimmed" mb="md">
        {t('settings.deleteText')}
      </Text>
      <Button color="red" variant="outline" onClick={open}>
        {t('settings.delete')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('settings.delete')}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void submit(new FormData(event.currentTarget));
          }}
        >
          <Stack>
            <Text>{t('settings.deleteConfirm', { email: member.email })}</Text>
            {error && (
              <Alert color="red" role="alert">
                {problemText(error)}
              </Alert>
            )}
            <PasswordInput
              name="password"
              label={t('auth.password')}
              autoComplete="current-password"
              required
              data-autofocus
              visibilityToggleButtonProps={{ 'aria-label': t('auth.showPassword') }}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('app.cancel')}
              </Button>
              <Button type="submit" color="red" loading={pending}>
                {t('settings.delete')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Section>
  );
}
