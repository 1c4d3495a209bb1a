import { useTranslation } from 'react-i18next';
import { Outlet, ScrollRestoration, useNavigation } from 'react-router';

import classes from './Root.module.css';

/** Until the first page's own code is here. */
export function Starting() {
  return <div className={classes.progress} aria-hidden="true" />;
}

/** Around every page. */
export function Root() {
  const { t } = useTranslation();
  const loading = useNavigation().state === 'loading';
  return (
    <>
      <a className={classes.skip} href="#main">
        {t('app.skip')}
      </a>
      {loading && (
        <div className={classes.progress} role="progressbar" aria-label={t('app.loading')} />
      )}
      <Outlet />
      <ScrollRestoration />
    </>
  );
}
