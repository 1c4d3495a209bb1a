import { memo, useMemo, useRef } from 'react';

import { advance, NO_TEXT } from './blocks';
import { Block } from './Block';
import classes from './Markdown.module.css';
import { definitionsIn } from './source';

/**
 * Markdown of a model or member, block by block. Where the text grows at its end, only its last
 * blocks are parsed again.
 */
const Markdown = memo(function Markdown({ text }: { text: string }) {
  const { blocks } = useSplit(text);
  // A link definition contains "]:"; without one the regular expression is not run.
  const definitions = useMemo(() => (text.includes(']:') ? definitionsIn(text) : ''), [text]);
  return (
    <div className={classes.markdown} dir="auto">
      {blocks.map((block, index) => (
        <Block
          // A block keeps its place while the text grows.
          key={index}
          source={definitions && block.includes('[') ? `${block}\n\n${definitions}` : block}
        />
      ))}
    </div>
  );
});

/** Splits `text`, starting from the split of the render before. */
function useSplit(text: string) {
  const last = useRef(NO_TEXT);
  /* eslint-disable react-hooks/refs -- a cache: the result depends on `text` alone */
  const split = advance(last.current, text);
  last.current = split;
  /* eslint-enable react-hooks/refs */
  return split;
}

export default Markdown;
