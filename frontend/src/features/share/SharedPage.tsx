import { Button, Text, Title } from '@mantine/core';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';

import * as api from '../../api/endpoints';
import { Problem } from '../../api/problem';
import { newQueryClient } from '../../data/queryClient';
import { useProblemText } from '../../forms/useProblemText';
import { Logo } from '../auth/Logo';
import { Appearance } from '../settings/Appearance';
import classes from './SharedPage.module.css';
import { SharedThread } from './SharedThread';

/** A conversation that somebody shared: to read, without login. */
export function SharedPage() {
  const { t } = useTranslation();
  const [client] = useState(newQueryClient);
  return (
    <QueryClientProvider client={client}>
      <div className={classes.page}>
        <header className={classes.bar}>
          <Logo />
          <Appearance />
        </header>
        <Shared />
        <footer className={classes.footer}>
          <Text size="sm" c="dimmed">
            {t('share.footer')}
          </Text>
          <Button component={Link} to="/" variant="light" size="sm">
            {t('share.own')}
          </Button>
        </footer>
      </div>
    </QueryClientProvider>
  );
}

function Shared() {
  const { t } = useTranslation();
  const { token = '' } = useParams();
  const problemText = useProblemText();
  const { data, error } = useQuery({
    queryKey: ['shared', token],
    queryFn: ({ signal }) => api.shared(token, { signal }),
  });
  const gone = error instanceof Problem && error.status === 404;
  const title = data
    ? data.title || t('conversation.untitled')
    : gone
      ? t('share.gone')
      : t('share.title');
  return (
    <main id="main" className={classes.main} tabIndex={-1} aria-busy={!data && !error}>
      <title>{`${title} · Malgil`}</title>
      <Title order={1} size="h2" dir="auto">
        {title}
      </Title>
      {error && <Text c="dimmed">{gone ? t('share.goneText') : problemText(error)}</Text>}
      {data && <SharedThread shared={data} />}
    </main>
  );
}
