import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { quota } from '../../data/queries';
import { useNow } from '../../lib/useNow';
import { untilReset } from './reset';
import classes from './QuotaNotice.module.css';

/** At zero: when to come back, above the composer. */
export function QuotaNotice() {
  const { t, i18n } = useTranslation();
  const { data } = useQuery(quota);
  const now = useNow(30_000);
  if (data === undefined || data.remaining > 0) return null;
  const { at } = untilReset(data.resets_at, now, i18n.language);
  return (
    <p className={classes.notice} role="status">
      {t('quota.empty', { count: data.limit, at })}
    </p>
  );
}
