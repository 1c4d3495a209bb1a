import { Badge, Button, Text } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Session } from '../../api/endpoints';
import { useSubmit } from '../../forms/useSubmit';
import { agentOf } from './userAgent';
import { Section } from './Section';
import { SettingsItem, SettingsList } from './SettingsList';

const sessions = queryOptions({ queryKey: ['sessions'], queryFn: api.me.sessions });

/** Where the member is signed in, with a way to end each of the others. */
export function Sessions() {
  const { t } = useTranslation();
  const { data } = useQuery(sessions);
  return (
    <Section title={t('settings.sessions')}>
      <Text size="sm" c="dimmed" mb="md">
        {t('settings.sessionsText')}
      </Text>
      <SettingsList>
        {data?.results.map((session) => (
          <SessionItem key={session.id} session={session} />
        ))}
      </SettingsList>
    </Section>
  );
}

function SessionItem({ session }: { session: Session }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const { submit, pending, error } = useSubmit(async () => {
    await api.me.endSession(session.id);
    await client.invalidateQueries(sessions);
  });
  const agent = agentOf(session.user_agent ?? '');
  const name = agent
    ? t('settings.sessionDevice', agent)
    : session.user_agent || t('settings.sessionUnknown');
  const format = new Intl.DateTimeFormat(i18n.language, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const since = format.format(new Date(session.created_at));
  return (
    <SettingsItem
      name={name}
      title={session.user_agent ?? ''}
      detail={t('settings.sessionSince', { since })}
      problem={error}
    >
      {session.current ? (
        <Badge variant="light">{t('settings.sessionHere')}</Badge>
      ) : (
        <Button variant="default" size="xs" loading={pending} onClick={() => void submit()}>
          {t('settings.signOutThere')}
        </Button>
      )}
    </SettingsItem>
  );
}
