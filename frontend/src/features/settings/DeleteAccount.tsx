import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import * as session from '../../api/session';
import type { Member } from '../../api/types';
import { textOf } from '../../forms/fieldText';
import { Form } from '../../forms/Form';
import { PasswordField } from '../../forms/PasswordField';
import { ProblemAlert } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';
import { Section } from './Section';

/** Asks for the password first: it cannot be undone. */
export function DeleteAccount({ member }: { member: Member }) {
  const { t } = useTranslation();
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
        <Form onSubmit={submit}>
          <Text>{t('settings.deleteConfirm', { email: member.email })}</Text>
          <ProblemAlert problem={error} />
          <PasswordField data-autofocus />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('app.cancel')}
            </Button>
            <Button type="submit" color="red" loading={pending}>
              {t('settings.delete')}
            </Button>
          </Group>
        </Form>
      </Modal>
    </Section>
  );
}
