import './highlight.css';

import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { common, createLowlight } from 'lowlight';
import { useMemo, type ReactNode } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';

const lowlight = createLowlight(common);

export default function Highlighted({ language, code }: { language: string; code: string }) {
  return useMemo((): ReactNode => {
    const name = language.toLowerCase();
    if (!lowlight.registered(name)) return code;
    // Its declared type is JSX.Element of a global namespace that React 19 no longer has.
    return toJsxRuntime(lowlight.highlight(name, code), { Fragment, jsx, jsxs }) as ReactNode;
  }, [language, code]);
}
