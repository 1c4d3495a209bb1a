import 'katex/dist/katex.min.css';

import ReactMarkdown from 'react-markdown';
import rehypeKatex from 'rehype-katex';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';
import remarkMath from 'remark-math';

import { components } from './components';

/** Sanitised before KaTeX makes its own elements, which carry styles; KaTeX trusts no input. */
const schema: typeof defaultSchema = {
  ...defaultSchema,
  attributes: {
    ...defaultSchema.attributes,
    code: [['className', /^language-./, 'math-inline', 'math-display']],
  },
};
const katexOptions = { errorColor: 'currentColor', maxExpand: 200, maxSize: 20, trust: false };

export default function MathBlock({ text }: { text: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm, [remarkMath, { singleDollarTextMath: false }]]}
      rehypePlugins={[
        [rehypeSanitize, schema],
        [rehypeKatex, katexOptions],
      ]}
      components={components}
    >
      {text}
    </ReactMarkdown>
  );
}
