import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';

import { show } from '../../test/render';
import { Composer } from './Composer';

const BASE = { onChange: () => undefined, label: 'Message', placeholder: '' };

describe('Enter', () => {
  it('sends, and with Shift begins a new line', async () => {
    const onSend = vi.fn();
    show(<Composer {...BASE} value="hello" onSend={onSend} />);
    await userEvent.type(screen.getByRole('textbox'), '{Shift>}{Enter}{/Shift}');
    expect(onSend).not.toHaveBeenCalled();
    await userEvent.type(screen.getByRole('textbox'), '{Enter}');
    expect(onSend).toHaveBeenCalledOnce();
  });

  it('belongs to the input method while a syllable is put together', () => {
    const onSend = vi.fn();
    show(<Composer {...BASE} value="안녕" onSend={onSend} />);
    fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter', isComposing: true });
    fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter', keyCode: 229 });
    expect(onSend).not.toHaveBeenCalled();
  });

  it('begins a new line on a touch screen, whose keyboard has no Shift + Enter', async () => {
    const onSend = vi.fn();
    const onChange = vi.fn();
    const media = vi.spyOn(window, 'matchMedia').mockImplementation((query) =>
      Object.assign(new EventTarget(), {
        matches: query === '(pointer: coarse)',
        media: query,
        onchange: null,
        addListener: () => undefined,
        removeListener: () => undefined,
      }),
    );
    show(<Composer {...BASE} value="hello" onSend={onSend} onChange={onChange} />);
    expect(screen.getByRole('textbox')).not.toHaveFocus();
    await userEvent.type(screen.getByRole('textbox'), '{Enter}');
    expect(onSend).not.toHaveBeenCalled();
    expect(onChange).toHaveBeenCalledWith('hello\n');
    media.mockRestore();
  });

  it.each([
    ['the text is empty', { value: '  ' }],
    ['the limit is reached', { value: 'a', blocked: true }],
    ['one is on its way', { value: 'a', pending: true }],
    ['an answer is coming', { value: 'a', onStop: () => undefined }],
  ])('sends nothing while %s', async (_, props) => {
    const onSend = vi.fn();
    show(<Composer {...BASE} {...props} onSend={onSend} />);
    await userEvent.type(screen.getByRole('textbox'), '{Enter}');
    expect(onSend).not.toHaveBeenCalled();
  });
});

it('stops while an answer is coming, and typing stays possible', async () => {
  const onStop = vi.fn();
  const onChange = vi.fn();
  show(
    <Composer {...BASE} value="" onSend={() => undefined} onChange={onChange} onStop={onStop} />,
  );
  await userEvent.type(screen.getByRole('textbox'), 'x');
  expect(onChange).toHaveBeenCalledWith('x');
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }));
  expect(onStop).toHaveBeenCalledOnce();
});

it('has the keyboard from the beginning, and after a click on its button', async () => {
  const onSend = vi.fn();
  show(<Composer {...BASE} value="hello" onSend={onSend} />);
  expect(screen.getByRole('textbox')).toHaveFocus();
  await userEvent.click(screen.getByRole('button', { name: 'Send' }));
  expect(onSend).toHaveBeenCalledOnce();
  expect(screen.getByRole('textbox')).toHaveFocus();
});
