import { Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { ProblemAlert } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';
import { QuotaLine } from '../quota/QuotaLine';
import { QuotaNotice } from '../quota/QuotaNotice';
import { useQuotaSpent } from '../quota/useQuotaSpent';
import { useReplyActions } from './useReplyActions';
import classes from './Chat.module.css';
import { useChat } from './context';

/** All three questions are answered: the member looks at them once more, then asks. */
export function ReadyToAsk({ onSkip }: { onSkip: () => void }) {
  const { t } = useTranslation();
  const { conversation, showLatest } = useChat();
  const { ask } = useReplyActions();
  const spent = useQuotaSpent();
  const { submit, pending, error } = useSubmit(async () => {
    await ask(conversation.id, {});
    showLatest();
  });
  return (
    <div className={classes.dock}>
      <div className={classes.ready}>
        <ProblemAlert problem={error} mb="xs" />
        <QuotaNotice />
        <Text mb="sm">{t('intake.ready')}</Text>
        <Group justify="space-between">
          <Group gap="xs">
            <Button onClick={() => void submit()} loading={pending} disabled={spent} autoFocus>
              {t('intake.ask')}
            </Button>
            <Button variant="subtle" onClick={onSkip}>
              {t('intake.writeInstead')}
            </Button>
          </Group>
          <QuotaLine />
        </Group>
      </div>
    </div>
  );
}
