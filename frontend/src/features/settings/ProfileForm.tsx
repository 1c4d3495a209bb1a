import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Member } from '../../api/types';
import { keys } from '../../data/queries';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { profileOf } from '../../forms/profile';
import { ProfileFields } from '../../forms/ProfileFields';
import { Section } from './Section';

export function ProfileForm({ member }: { member: Member }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const problemText = useProblemText();
  const [saved, setSaved] = useState(false);
  const { submit, pending, error } = useSubmit(async (form: FormData) => {
    client.setQueryData(keys.me, await api.me.change(profileOf(form)));
    setSaved(true);
  });
  return (
    <Section title={t('profile.title')}>
      <form
        onChange={() => setSaved(false)}
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <Stack>
          {error?.errors.length === 0 && (
            <Alert color="red" role="alert">
              {problemText(error)}
            </Alert>
          )}
          <ProfileFields error={error} member={member} />
          <Group>
            <Button type="submit" loading={pending}>
              {t('app.save')}
            </Button>
            <Text size="sm" c="dimmed" role="status">
              {saved && t('app.saved')}
            </Text>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
