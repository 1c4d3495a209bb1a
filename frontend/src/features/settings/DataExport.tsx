import { Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import { save } from '../../lib/save';
import { ProblemAlert } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';
import { Section } from './Section';

export function DataExport() {
  const { t } = useTranslation();
  const { submit, pending, error } = useSubmit(async () =>
    save(await api.me.download(), 'malgil.json'),
  );
  return (
    <Section title={t('settings.export')}>
      <Text size="sm" c="dimmed" mb="md">
        {t('settings.exportText')}
      </Text>
      <ProblemAlert problem={error} mb="md" />
      <Button variant="default" loading={pending} onClick={() => void submit()}>
        {t('settings.exportNow')}
      </Button>
    </Section>
  );
}
