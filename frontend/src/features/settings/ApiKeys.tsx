import { Alert, Button, Code, Group, Text, TextInput } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { ApiKey } from '../../api/endpoints';
import { textOf } from '../../forms/fieldText';
import { Form } from '../../forms/Form';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { CopyButton } from '../chat/CopyButton';
import { Section } from './Section';
import { SettingsItem, SettingsList } from './SettingsList';

const keys = queryOptions({ queryKey: ['keys'], queryFn: api.me.keys });

/** The member's API keys: a new one is shown once, when it is made; each can be revoked. */
export function ApiKeys() {
  const { t } = useTranslation();
  const { data } = useQuery(keys);
  const client = useQueryClient();
  const problemText = useProblemText();
  const [made, setMade] = useState<string | null>(null);
  const { submit, pending, error } = useSubmit(async (given: FormData, form: HTMLFormElement) => {
    const { key } = await api.me.createKey({ name: textOf(given, 'key_name') });
    form.reset();
    setMade(key);
    await client.invalidateQueries(keys);
  });
  return (
    <Section title={t('settings.keys')}>
      <Text size="sm" c="dimmed" mb="md">
        {t('settings.keysText')}
      </Text>
      <Form onSubmit={submit} inline>
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
      </Form>
      {made !== null && (
        <Alert mt="md" role="status" title={t('settings.keyMade')}>
          <Group wrap="nowrap" gap="xs">
            <Code style={{ overflowWrap: 'anywhere' }}>{made}</Code>
            <CopyButton text={made} label={t('chat.copy')} />
          </Group>
        </Alert>
      )}
      <SettingsList mt="md">
        {data?.results.map((key) => (
          <KeyItem key={key.id} apiKey={key} />
        ))}
      </SettingsList>
    </Section>
  );
}

function KeyItem({ apiKey }: { apiKey: ApiKey }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const { submit, pending, error } = useSubmit(async () => {
    await api.me.revokeKey(apiKey.id);
    await client.invalidateQueries(keys);
  });
  const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' });
  const used = apiKey.last_used_at;
  return (
    <SettingsItem
      name={apiKey.name}
      title={apiKey.name}
      detail={
        used
          ? t('settings.keyUsed', { date: format.format(new Date(used)) })
          : t('settings.keyUnused')
      }
      problem={error}
    >
      <Button
        variant="default"
        size="xs"
        loading={pending}
        aria-label={t('settings.revokeKeyNamed', { name: apiKey.name })}
        onClick={() => void submit()}
      >
        {t('settings.revokeKey')}
      </Button>
    </SettingsItem>
  );
}
