import { Alert, Button, Code, Group, Stack, Text, TextInput } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { ApiKey } from '../../api/endpoints';
import { textOf } from '../../forms/fieldText';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { CopyButton } from '../chat/CopyButton';
import { Section } from './Section';

const keys = queryOptions({ queryKey: ['keys'], queryFn: api.me.keys });

/** Keys for programs: made, shown once, revoked. */
export function ApiKeys() {
  const { t } = useTranslation();
  const { data } = useQuery(keys);
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const problemText = useProblemText();
  const [made, setMade] = useState<string | null>(null);
  const { submit, pending, error } = useSubmit(async (given: FormData) => {
    const { key } = await api.me.createKey({ name: textOf(given, 'key_name') });
    form.current?.reset();
    setMade(key);
    await client.invalidateQueries(keys);
  });
  return (
    <Section title={t('settings.keys')}>
      <Text size="sm" c="dimmed" mb="md">
        {t('settings.keysText')}
      </Text>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Group align="end" wrap="nowrap">
          <TextInput
            name="key_name"
            label={t('settings.keyName')}
            placeholder={t('settings.keyExample')}
            maxLength={100}
            required
            flex={1}
            error={error && problemText(error)}
          />
          <Button type="submit" loading={pending}>
            {t('settings.createKey')}
          </Button>
        </Group>
      </form>
      {made !== null && (
        <Alert mt="md" role="status" title={t('settings.keyMade')}>
          <Group wrap="nowrap" gap="xs">
            <Code style={{ overflowWrap: 'anywhere' }}>{made}</Code>
            <CopyButton text={made} label={t('chat.copy')} />
          </Group>
        </Alert>
      )}
      <Stack component="ul" gap="sm" mt="md" p={0} mb={0} mx={0} style={{ listStyle: 'none' }}>
        {data?.results.map((key) => (
          <KeyItem key={key.id} apiKey={key} />
        ))}
      </Stack>
    </Section>
  );
}

function KeyItem({ apiKey }: { apiKey: ApiKey }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async () => {
    await api.me.revokeKey(apiKey.id);
    await client.invalidateQueries(keys);
  });
  const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' });
  const used = apiKey.last_used_at;
  return (
    <li>
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Text truncate title={apiKey.name}>
            {apiKey.name}
          </Text>
          <Text size="sm" c="dimmed">
            {used
              ? t('settings.keyUsed', { date: format.format(new Date(used)) })
              : t('settings.keyUnused')}
          </Text>
        </div>
        <Button
          variant="default"
          size="xs"
          loading={pending}
          aria-label={t('settings.revokeKeyNamed', { name: apiKey.name })}
          onClick={() => void submit()}
        >
          {t('settings.revokeKey')}
        </Button>
      </Group>
      {error && (
        <Alert color="red" role="alert" mt="xs">
          {problemText(error)}
        </Alert>
      )}
    </li>
  );
}
