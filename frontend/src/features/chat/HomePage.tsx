import { Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import * as api from '../../api/endpoints';
import { keys, me, models } from '../../data/queries';
import { IconListCheck } from '../../icons';
import { useDraft } from './drafts';
import { ProblemAlert } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';
import { QuotaLine } from '../quota/QuotaLine';
import { QuotaNotice } from '../quota/QuotaNotice';
import { useQuotaSpent } from '../quota/useQuotaSpent';
import { useReplyActions } from './useReplyActions';
import { Composer } from './Composer';
import classes from './HomePage.module.css';

/** The main page: begin with the three questions, or ask at once. */
export function HomePage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { ask } = useReplyActions();
  const spent = useQuotaSpent();
  const name = useQuery(me).data?.nickname;
  const demo = useQuery(models).data?.demo === true;
  const draft = useDraft('new');
  // Kept when asking failed, so that a second try does not begin a second conversation.
  const begun = useRef<string | null>(null);

  const begin = async (intake: boolean): Promise<string> => {
    const conversation = await api.conversations.create({ intake });
    client.setQueryData(keys.conversation(conversation.id), conversation);
    return conversation.id;
  };
  const asking = useSubmit(async () => {
    begun.current ??= await begin(false);
    await ask(begun.current, { message: draft.text });
    draft.clear(draft.text);
    await navigate(`/c/${begun.current}`);
  });
  const questions = useSubmit(async () => navigate(`/c/${await begin(true)}`));
  const error = asking.error ?? questions.error;
  return (
    <main id="main" className={classes.page} tabIndex={-1}>
      <title>Malgil</title>
      <div className={classes.middle}>
        <Title order={1} className={classes.greeting}>
          {name ? t('home.greeting', { name }) : t('home.greetingNoName')}
        </Title>
        <button
          type="button"
          className={classes.card}
          disabled={questions.pending}
          onClick={() => void questions.submit()}
        >
          <IconListCheck size={26} stroke={1.5} aria-hidden="true" />
          <span>
            <Text component="span" fw={600} display="block">
              {t('home.intake')}
            </Text>
            <Text component="span" size="sm" c="dimmed">
              {t('home.intakeText')}
            </Text>
          </span>
        </button>
        <Text c="dimmed" size="sm" className={classes.or}>
          {t('home.or')}
        </Text>
        <ProblemAlert problem={error} w="100%" />
        <Composer
          value={draft.text}
          onChange={draft.change}
          onSend={() => void asking.submit()}
          blocked={spent}
          pending={asking.pending}
          label={t('chat.message')}
          placeholder={t('chat.placeholder')}
          notice={<QuotaNotice />}
          footer={<QuotaLine />}
        />
        {demo && (
          <Text size="sm" c="dimmed" ta="center" maw={520}>
            {t('demo.text')}
          </Text>
        )}
      </div>
    </main>
  );
}
