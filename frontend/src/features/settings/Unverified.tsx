import { Badge, Button, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { auth } from '../../api/endpoints';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';

/** Says that an address is not confirmed yet, and sends the mail again on request. */
export function Unverified({ email }: { email: string }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const { submit, pending, error, done } = useSubmit(() => auth.requestVerification({ email }));
  return (
    <>
      <Badge variant="light" color="gray">
        {t('settings.emailUnverified')}
      </Badge>
      {!done && (
        <Button variant="default" size="xs" loading={pending} onClick={() => void submit()}>
          {t('auth.sendAgain')}
        </Button>
      )}
      <Text size="sm" c="dimmed" role="status">
        {error ? problemText(error) : done && t('auth.sent')}
      </Text>
    </>
  );
}
