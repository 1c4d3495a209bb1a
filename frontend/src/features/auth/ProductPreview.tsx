import { useTranslation } from 'react-i18next';

import classes from './ProductPreview.module.css';

/** For the landing page: a picture of a reply that goes on after its worker was lost. */
export function ProductPreview() {
  const { t } = useTranslation();
  return (
    <div className={classes.preview} aria-hidden="true">
      <p className={classes.asked}>{t('landing.preview.asked')}</p>
      <p className={classes.status}>
        <span className={classes.dot} />
        {t('status.restarted')}
      </p>
      <p className={classes.answer}>{t('landing.preview.answer')}</p>
      <span className={classes.line} />
      <span className={classes.line} data-short />
    </div>
  );
}
