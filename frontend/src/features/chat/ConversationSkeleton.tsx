import { Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import classes from './Chat.module.css';

export function ConversationSkeleton() {
  const { t } = useTranslation();
  return (
    <main id="main" className={classes.page} tabIndex={-1} aria-busy="true">
      <h1 className={classes.srOnly}>{t('app.loading')}</h1>
      <div className={classes.skeleton} aria-hidden="true">
        <Skeleton height={44} width="45%" radius={18} ml="auto" />
        <Skeleton height={14} mt={36} />
        <Skeleton height={14} mt={12} />
        <Skeleton height={14} mt={12} width="70%" />
      </div>
    </main>
  );
}
