import { Button, Skeleton } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { conversationList, type ListFilter } from '../../data/queries';
import { useProblemText } from '../../forms/useProblemText';
import { ConversationItem } from './ConversationItem';
import classes from './Sidebar.module.css';

type Props = { filter: ListFilter; onLeave: () => void };

/** Newest first; more come as the end is scrolled to. */
export function ConversationList({ filter, onLeave }: Props) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const [scroller, setScroller] = useState<HTMLUListElement | null>(null);
  const list = useInfiniteQuery(conversationList(filter));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const { ref: end, entry } = useIntersection({ root: scroller, rootMargin: '300px' });
  const wanted = entry?.isIntersecting === true && hasNextPage && !isFetchingNextPage;
  useEffect(() => {
    if (wanted) void fetchNextPage();
  }, [wanted, fetchNextPage]);

  if (list.isPending) return <Loading />;
  if (list.isError && !list.data) {
    return (
      <div className={classes.empty}>
        <p>{problemText(list.error)}</p>
        <Button variant="default" size="xs" onClick={() => void list.refetch()}>
          {t('chat.tryAgain')}
        </Button>
      </div>
    );
  }
  const rows = list.data.pages.flatMap(({ results }) => results);
  if (rows.length === 0) {
    const key = filter.q
      ? 'list.nothingFound'
      : filter.archived
        ? 'list.noneArchived'
        : 'list.none';
    return <p className={classes.empty}>{t(key)}</p>;
  }
  return (
    <ul className={classes.list} ref={setScroller}>
      {rows.map((summary) => (
        <ConversationItem key={summary.id} summary={summary} onLeave={onLeave} />
      ))}
      <li ref={end}>{isFetchingNextPage && <Skeleton height={38} radius={10} />}</li>
    </ul>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className={classes.list} aria-busy="true" aria-label={t('app.loading')} role="status">
      {[82, 64, 90, 55, 72].map((width) => (
        <Skeleton key={width} height={14} width={`${width}%`} my={18} ml={10} />
      ))}
    </div>
  );
}
