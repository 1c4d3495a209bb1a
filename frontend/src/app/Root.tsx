import { useTranslation } from 'react-i18next';
import { Outlet, ScrollRestoration, useNavigation } from 'react-router';

import classes from './Root.module.css';

/** Shown while the code of the first page is loading. */
export function Starting() {
  return <div className={classes.progress} aria-hidden="true" />;
}

/** The frame of every page: the skip link, the loading bar, the scroll position. */
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
