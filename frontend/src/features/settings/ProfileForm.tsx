import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Member } from '../../api/types';
import { keys } from '../../data/queries';
import { profileOf } from '../../forms/profile';
import { ProfileFields } from '../../forms/ProfileFields';
import { Section } from './Section';
import { SettingsForm } from './SettingsForm';

export function ProfileForm({ member }: { member: Member }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <Section title={t('profile.title')}>
      <SettingsForm
        action={async (given) => {
          client.setQueryData(keys.me, await api.me.change(profileOf(given)));
        }}
        submitText={t('app.save')}
        doneText={t('app.saved')}
        fields={(problem) => <ProfileFields error={problem} member={member} />}
      />
    </Section>
  );
}
