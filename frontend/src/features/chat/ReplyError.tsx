import { Alert, Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Reply } from '../../api/types';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { IconAlertTriangle, IconPlayerStop } from '../../icons';
import { useQuotaSpent } from '../quota/useQuotaSpent';
import { useReplyActions } from './useReplyActions';
import { useChat } from './context';

type Props = { reply: Reply; error: NonNullable<Reply['error']>; last: boolean };

/** Why there is no (whole) answer, whether the request was given back, and Try again. */
export function ReplyError({ reply, error, last }: Props) {
  const { t, i18n } = useTranslation();
  const { running, showLatest } = useChat();
  const { regenerate } = useReplyActions();
  const spent = useQuotaSpent();
  const problemText = useProblemText();
  const {
    submit,
    pending,
    error: refused,
  } = useSubmit(async () => {
    await regenerate(reply);
    showLatest();
  });
  const key = `replyError.${error.code}`;
  const cancelled = error.code === 'cancelled';
  const Icon = cancelled ? IconPlayerStop : IconAlertTriangle;
  return (
    <Alert
      color={cancelled ? 'gray' : 'red'}
      variant={cancelled ? 'default' : 'light'}
      icon={<Icon size={20} />}
      mt="sm"
      radius="lg"
      data-testid="reply-error"
    >
      <Text size="sm">
        {i18n.exists(key) ? t(key as 'replyError.internal_error') : error.detail}
      </Text>
      {error.refunded && (
        <Text size="sm" c="dimmed" mt={2}>
          {t('replyError.refunded')}
        </Text>
      )}
      {refused && (
        <Text size="sm" mt={4} role="alert">
          {problemText(refused)}
        </Text>
      )}
      {error.retryable && last && (
        <Group mt="xs">
          <Button
            size="xs"
            variant="default"
            loading={pending}
            disabled={spent || running !== null}
            onClick={() => void submit()}
          >
            {t('chat.tryAgain')}
          </Button>
        </Group>
      )}
    </Alert>
  );
}
