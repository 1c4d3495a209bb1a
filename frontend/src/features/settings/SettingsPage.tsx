import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { me } from '../../data/queries';
import { ApiKeys } from './ApiKeys';
import { DataExport } from './DataExport';
import { DeleteAccount } from './DeleteAccount';
import { EmailForm } from './EmailForm';
import { PasswordForm } from './PasswordForm';
import { Preferences } from './Preferences';
import { ProfileForm } from './ProfileForm';
import { Sessions } from './Sessions';
import classes from './Settings.module.css';

export function SettingsPage() {
  const { t } = useTranslation();
  const { data } = useQuery(me);
  return (
    <main id="main" className={classes.page} tabIndex={-1}>
      <title>{`${t('settings.title')} · Malgil`}</title>
      <div className={classes.column}>
        <Title order={1} size="h2">
          {t('settings.title')}
        </Title>
        <Preferences />
        {data && <ProfileForm member={data} />}
        {data && <EmailForm member={data} />}
        <PasswordForm />
        <Sessions />
        <ApiKeys />
        <DataExport />
        {data && <DeleteAccount member={data} />}
      </div>
    </main>
  );
}
