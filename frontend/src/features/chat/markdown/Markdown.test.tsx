import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { show, wrapped } from '../../../test/render';
import Markdown from './Markdown';

describe('what an answer may not do', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '![x](https://tracker.example/a.png)',
    '<iframe src="https://evil.example"></iframe>',
    '$$\\href{javascript:alert(1)}{x}$$',
  ])('%s stays harmless', (text) => {
    const { container } = show(<Markdown text={text} />);
    expect(
      container.querySelector(
        'script, img, iframe, [onerror], [href^="javascript"], [href^="data"]',
      ),
    ).toBeNull();
  });
});

it('opens links elsewhere, without telling where from', () => {
  show(<Markdown text="[x](https://example.org)" />);
  expect(screen.getByRole('link')).toHaveAttribute('rel', expect.stringContaining('noreferrer'));
});

it('shows mathematics, but takes prices for prices', async () => {
  const { container } = show(<Markdown text={'It costs $5 and $10, and \\(x^2\\) is math.'} />);
  await waitFor(() => expect(container.querySelectorAll('.katex')).toHaveLength(1));
  expect(container).toHaveTextContent('$5 and $10');
});

it('shows a table, and code with a button to copy it', () => {
  show(<Markdown text={'| a |\n|---|\n| 1 |\n\n```js\nlet a;\n```'} />);
  expect(screen.getByRole('table')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Copy the code' })).toBeInTheDocument();
});

it('keeps the elements of what stands when text is added', () => {
  const view = show(<Markdown text={'First.\n\nSecond.\n\nThi'} />);
  const first = screen.getByText('First.');
  view.rerender(wrapped(<Markdown text={'First.\n\nSecond.\n\nThird.'} />));
  expect(screen.getByText('Third.')).toBeInTheDocument();
  expect(screen.getByText('First.')).toBe(first);
});

it('finds the definition of a link that stands elsewhere', () => {
  show(<Markdown text={'See [it][1].\n\nMore.\n\n[1]: https://example.org'} />);
  expect(screen.getByRole('link', { name: 'it' })).toHaveAttribute('href', 'https://example.org');
});
