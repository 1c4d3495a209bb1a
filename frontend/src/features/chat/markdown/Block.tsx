import { lazy, memo, Suspense } from 'react';
import ReactMarkdown from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';

import { CodeBlock } from './CodeBlock';
import { components } from './components';
import { fenceOf } from './fence';
import { hasMath, withMath } from './source';

/** Where it cannot be fetched, the formula stays as it was written. */
const MathBlock = lazy(() => import('./MathBlock').catch(() => ({ default: Plain })));

/** Beyond this a single paragraph is shown as it is: to parse it would stop the page. */
const PARSED_MAX_CHARS = 20_000;

export const Block = memo(function Block({ source }: { source: string }) {
  const fence = fenceOf(source);
  if (fence !== null) return <CodeBlock {...fence} />;
  if (source.length > PARSED_MAX_CHARS) return <p style={{ whiteSpace: 'pre-wrap' }}>{source}</p>;
  const text = withMath(source);
  const plain = <Plain text={text} />;
  if (!hasMath(text)) return plain;
  return (
    <Suspense fallback={plain}>
      <MathBlock text={text} />
    </Suspense>
  );
});

function Plain({ text }: { text: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm]}
      rehypePlugins={[rehypeSanitize]}
      components={components}
    >
      {text}
    </ReactMarkdown>
  );
}
