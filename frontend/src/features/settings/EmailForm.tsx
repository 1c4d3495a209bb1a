import { Badge, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Member } from '../../api/types';
import { EmailField } from '../../forms/EmailField';
import { textOf } from '../../forms/fieldText';
import { PasswordField } from '../../forms/PasswordField';
import { Section } from './Section';
import { SettingsForm } from './SettingsForm';
import { Unverified } from './Unverified';

const changeEmail = (given: FormData): Promise<unknown> =>
  api.me.changeEmail({ email: textOf(given, 'new_email'), password: textOf(given, 'password') });

/** The address, whether it is confirmed, and a new one, which replaces it once it is confirmed. */
export function EmailForm({ member }: { member: Member }) {
  const { t } = useTranslation();
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
      <SettingsForm
        action={changeEmail}
        submitText={t('settings.changeEmail')}
        doneText={t('settings.emailMailed')}
        resets
        fields={(problem) => (
          <>
            <EmailField
              name="new_email"
              label={t('settings.newEmail')}
              autoComplete="email"
              problem={problem}
            />
            <PasswordField label={t('settings.yourPassword')} problem={problem} />
          </>
        )}
      />
    </Section>
  );
}
