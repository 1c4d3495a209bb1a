import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { CopyButton } from '../CopyButton';
import classes from './CodeBlock.module.css';
import type { Fence } from './fence';

/** Where it cannot be fetched, the code has no colours. */
const Highlighted = lazy(() => import('./Highlighted').catch(() => ({ default: PlainCode })));
const PlainCode = ({ code }: { language: string; code: string }) => code;

/** While code is still coming, it is coloured anew with each change only up to this size. */
const LIVE_MAX_CHARS = 4_000;
const MAX_CHARS = 60_000;

export function CodeBlock({ language, code, closed }: Fence) {
  const { t } = useTranslation();
  const coloured = language !== '' && code.length <= (closed ? MAX_CHARS : LIVE_MAX_CHARS);
  return (
    <figure className={classes.block} dir="ltr">
      <figcaption className={classes.bar}>
        <span>{language || t('chat.code')}</span>
        <CopyButton text={code} label={t('chat.copyCode')} />
      </figcaption>
      {/* Focusable, so that the keyboard can scroll a long line. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>
          {coloured ? (
            <Suspense fallback={code}>
              <Highlighted language={language} code={code} />
            </Suspense>
          ) : (
            code
          )}
        </code>
      </pre>
    </figure>
  );
}
