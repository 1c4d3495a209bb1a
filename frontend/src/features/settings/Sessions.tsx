import { Alert, Badge, Button, Group, Stack, Text } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Session } from '../../api/endpoints';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { agentOf } from './userAgent';
import { Section } from './Section';

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
      <Stack component="ul" gap="sm" p={0} m={0} style={{ listStyle: 'none' }}>
        {data?.results.map((session) => (
          <SessionItem key={session.id} session={session} />
        ))}
      </Stack>
    </Section>
  );
}

function SessionItem({ session }: { session: Session }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const problemText = useProblemText();
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
    <li>
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Text truncate title={session.user_agent ?? ''}>
            {name}
          </Text>
          <Text size="sm" c="dimmed">
            {t('settings.sessionSince', { since })}
          </Text>
        </div>
        {session.current ? (
          <Badge variant="light">{t('settings.sessionHere')}</Badge>
        ) : (
          <Button variant="default" size="xs" loading={pending} onClick={() => void submit()}>
            {t('settings.signOutThere')}
          </Button>
        )}
      </Group>
      {error && (
        <Alert color="red" role="alert" mt="xs">
          {problemText(error)}
        </Alert>
      )}
    </li>
  );
}
