import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import type { Components } from 'react-markdown';

import { CodeBlock } from './CodeBlock';
import classes from './Markdown.module.css';

/** How elements of an answer are shown. Nothing is loaded from elsewhere: an image is a link. */
export const components: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  ),
  img: ({ src, alt }) => <ImageLink src={src} alt={alt} />,
  table: ({ children }) => (
    // Focusable, so that the keyboard can scroll a wide table.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.table} tabIndex={0} role="group">
      <table>{children}</table>
    </div>
  ),
  span: ({ node: _, ...props }) => <Span {...props} />,
  pre: ({ children }) => <>{children}</>,
  code: ({ className, children }) => {
    const text = plain(children);
    // Fenced code inside a list or a quotation; the rest never comes here.
    if (className?.startsWith('language-') || text.endsWith('\n')) {
      return (
        <CodeBlock
          language={className?.slice('language-'.length) ?? ''}
          code={text.trimEnd()}
          closed
        />
      );
    }
    return <code className={classes.inline}>{children}</code>;
  },
};

const plain = (children: unknown): string =>
  Array.isArray(children)
    ? children.map(String).join('')
    : typeof children === 'string'
      ? children
      : '';

/** A long formula scrolls, which the keyboard must be able to do, too. */
function Span(props: ComponentProps<'span'>) {
  const scrolls = props.className === 'katex-display';
  return <span {...props} {...(scrolls && { tabIndex: 0, role: 'group' })} />;
}

function ImageLink({ src, alt }: { src: string | Blob | undefined; alt: string | undefined }) {
  const { t } = useTranslation();
  const label = t('chat.image', { name: alt ?? '' });
  if (typeof src !== 'string' || !/^https?:/.test(src)) return <span>{label}</span>;
  return (
    <a href={src} target="_blank" rel="noopener noreferrer nofollow ugc">
      {label}
    </a>
  );
}
