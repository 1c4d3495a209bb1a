import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import { textOf } from '../../forms/fieldText';
import { NewPasswordField, PasswordField } from '../../forms/PasswordField';
import { Section } from './Section';
import { SettingsForm } from './SettingsForm';

const changePassword = (given: FormData): Promise<unknown> =>
  api.me.changePassword({
    current_password: textOf(given, 'current_password'),
    new_password: textOf(given, 'new_password'),
  });

export function PasswordForm() {
  const { t } = useTranslation();
  return (
    <Section title={t('settings.password')}>
      <SettingsForm
        action={changePassword}
        submitText={t('settings.changePassword')}
        doneText={t('settings.passwordChanged')}
        resets
        fields={(problem) => (
          <>
            <PasswordField
              name="current_password"
              label={t('settings.currentPassword')}
              problem={problem}
            />
            <NewPasswordField
              name="new_password"
              label={t('settings.newPassword')}
              problem={problem}
            />
          </>
        )}
      />
    </Section>
  );
}
