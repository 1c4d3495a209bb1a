import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { IconCloudOff } from '../icons';
import { useLive } from '../live/LiveProvider';
import classes from './ConnectionBanner.module.css';

/** A connection that is back sooner shows no banner. */
const BANNER_DELAY_MS = 1_500;

export function ConnectionBanner() {
  const { connection } = useLive();
  return <div role="status">{connection === 'lost' && <Lost />}</div>;
}

function Lost() {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), BANNER_DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <p className={classes.banner}>
      <IconCloudOff size={17} stroke={1.7} aria-hidden="true" />
      {t('connection.lost')}
    </p>
  );
}
