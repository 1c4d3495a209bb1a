import { Badge, Button, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { auth } from '../../api/endpoints';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';

/** Says that an address is not proven yet, and has the mail sent again. */
export function Unverified({ email }: { email: string }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const [sent, setSent] = useState(false);
  const { submit, pending, error } = useSubmit(async () => {
    await auth.requestVerification({ email });
    setSent(true);
  });
  return (
    <>
      <Badge variant="light" color="gray">
        {t('settings.emailUnverified')}
      </Badge>
      {!sent && (
        <Button variant="default" size="xs" loading={pending} onClick={() => void submit()}>
          {t('auth.sendAgain')}
        </Button>
      )}
      <Text size="sm" c="dimmed" role="status">
        {error ? problemText(error) : sent && t('auth.sent')}
      </Text>
    </>
  );
}
