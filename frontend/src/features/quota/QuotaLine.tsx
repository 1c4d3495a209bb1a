import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { quota } from '../../data/queries';
import { useNow } from '../../lib/useNow';
import { untilReset } from './reset';
import classes from './QuotaLine.module.css';

/** How many requests are left today, and when there are more; always visible. */
export function QuotaLine() {
  const { t, i18n } = useTranslation();
  const { data } = useQuery(quota);
  const now = useNow(30_000);
  if (data === undefined) return <span className={classes.line} aria-hidden="true" />;
  const { at, hours, minutes } = untilReset(data.resets_at, now, i18n.language);
  const left = { count: data.remaining, limit: data.limit };
  return (
    <span
      className={classes.line}
      data-empty={data.remaining === 0 || undefined}
      data-testid="quota"
    >
      <span className={classes.meter} aria-hidden="true">
        <span style={{ width: `${(100 * data.remaining) / Math.max(1, data.limit)}%` }} />
      </span>
      <span>{t('quota.left', left)}</span>
      <span>
        {hours > 0
          ? t('quota.resetsHours', { at, count: hours })
          : t('quota.resetsMinutes', { at, count: minutes })}
      </span>
    </span>
  );
}
