import { Button, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Problem } from '../../api/problem';
import { useProblemText } from '../../forms/useProblemText';
import classes from './Chat.module.css';

export function ConversationMissing({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const gone = error instanceof Problem && error.status === 404;
  return (
    <main id="main" className={classes.center} tabIndex={-1}>
      <title>{`${t('conversation.missing')} · Malgil`}</title>
      <Title order={1} size="h3">
        {gone ? t('conversation.missing') : t('conversation.unread')}
      </Title>
      <Text c="dimmed">{gone ? t('conversation.missingText') : problemText(error)}</Text>
      {gone ? (
        <Button component={Link} to="/" mt="md">
          {t('conversation.new')}
        </Button>
      ) : (
        <Button onClick={onRetry} mt="md">
          {t('chat.tryAgain')}
        </Button>
      )}
    </main>
  );
}
