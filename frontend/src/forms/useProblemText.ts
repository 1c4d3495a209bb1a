import { useTranslation } from 'react-i18next';

import { Problem } from '../api/problem';

/** A problem as a sentence in the member's language; the server's own where we have none. */
export function useProblemText(): (problem: unknown) => string {
  const { t, i18n } = useTranslation();
  return (problem) => {
    if (!(problem instanceof Problem)) return t('problem.unexpected');
    const key = `problem.${problem.code}`;
    if (i18n.exists(key)) return t(key as 'problem.unexpected');
    return problem.status >= 500 ? t('problem.internal_error') : problem.message;
  };
}
