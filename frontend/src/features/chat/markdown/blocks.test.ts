import { describe, expect, it } from 'vitest';

import { advance, NO_TEXT } from './blocks';

const split = (text: string): string[] => advance(NO_TEXT, text).blocks;

const SAMPLE = `# Title

First paragraph
in two lines.

- one

- two

  with a paragraph

1. alpha
2. beta

\`\`\`python
def f():

    return 1
\`\`\`
After the code.

$$
x = 1

y = 2
$$

> quoted

| a | b |
|---|---|
| 1 | 2 |

End.`;

describe('the blocks of a text', () => {
  it('are the text when put together', () => expect(split(SAMPLE).join('')).toBe(SAMPLE));

  it('keep a fence, a list and mathematics whole', () => {
    const blocks = split(SAMPLE);
    expect(blocks).toContainEqual(expect.stringMatching(/^```python[\s\S]*```\n$/));
    expect(blocks).toContainEqual(expect.stringMatching(/^- one[\s\S]*with a paragraph/));
    expect(blocks).toContainEqual(expect.stringMatching(/^\$\$\nx = 1\n\ny = 2\n\$\$/));
  });

  it('are the same whether the text came at once or by the character', () => {
    let state = NO_TEXT;
    for (let end = 1; end <= SAMPLE.length; end += 1) {
      const part = SAMPLE.slice(0, end);
      state = advance(state, part);
      expect(state.blocks).toEqual(split(part));
    }
  });

  it('begin anew when the text is another', () => {
    expect(advance(advance(NO_TEXT, 'one\n\ntwo'), 'other').blocks).toEqual(['other']);
  });

  it('that stand keep their strings, so that nothing is parsed again', () => {
    const before = advance(NO_TEXT, 'one\n\ntwo\n\nthree\n\nfo');
    const after = advance(before, 'one\n\ntwo\n\nthree\n\nfour');
    expect(after.blocks.slice(0, 3)).toEqual(before.blocks.slice(0, 3));
  });
});
