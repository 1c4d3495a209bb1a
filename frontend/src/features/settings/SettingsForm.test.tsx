import { TextInput } from '@mantine/core';
import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';

import { Problem } from '../../api/problem';
import { fieldError } from '../../forms/fieldError';
import { textOf } from '../../forms/fieldText';
import { show } from '../../test/render';
import { SettingsForm } from './SettingsForm';

const field = (): HTMLInputElement => screen.getByLabelText<HTMLInputElement>('Colour');

const showForm = (action: (given: FormData) => Promise<unknown>, resets = false) =>
  show(
    <SettingsForm
      action={action}
      submitText="Save"
      doneText="Saved."
      resets={resets}
      fields={(problem) => (
        <TextInput name="colour" label="Colour" error={fieldError(problem, 'colour')} />
      )}
    />,
  );

const save = async (text: string): Promise<void> => {
  await userEvent.type(field(), text);
  await userEvent.click(screen.getByText('Save'));
};

it('sends its fields, says that they are saved, and no longer once something is typed', async () => {
  const action = vi.fn((given: FormData) => Promise.resolve(textOf(given, 'colour')));
  showForm(action);
  await save('red');
  await expect(action.mock.results[0]?.value).resolves.toBe('red');
  expect(screen.getByRole('status')).toHaveTextContent('Saved.');
  await userEvent.type(field(), 's');
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
  expect(field()).toHaveValue('reds');
});

it('is emptied after success where that is asked for', async () => {
  showForm(() => Promise.resolve(), true);
  await save('red');
  expect(field()).toHaveValue('');
});

it('keeps what was typed after a refusal, and shows it above the fields', async () => {
  showForm(() => Promise.reject(new Problem({ code: 'x', status: 409, detail: 'No red.' })), true);
  await save('red');
  expect(screen.getByRole('alert')).toHaveTextContent('No red.');
  expect(field()).toHaveValue('red');
  expect(screen.getByRole('status')).toBeEmptyDOMElement();
});

it('shows what the server says of a field at the field alone', async () => {
  const errors = [{ field: 'colour', detail: 'Not a colour.' }];
  showForm(() => Promise.reject(new Problem({ code: 'invalid', status: 400, errors })));
  await save('7');
  expect(screen.queryByRole('alert')).toBeNull();
  expect(field()).toHaveAccessibleDescription('Not a colour.');
});

it('sends once when it is submitted again before the answer', () => {
  const action = vi.fn(() => new Promise(() => undefined));
  const form = showForm(action).container.querySelector('form');
  if (form === null) throw new Error('There is no form.');
  fireEvent.submit(form);
  fireEvent.submit(form);
  expect(action).toHaveBeenCalledOnce();
});
