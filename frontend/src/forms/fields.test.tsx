import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import { Problem } from '../api/problem';
import { show } from '../test/render';
import { EmailField } from './EmailField';
import { NewPasswordField, PasswordField } from './PasswordField';
import { FormProblem } from './ProblemAlert';

const refused = (field: string) =>
  new Problem({
    code: 'invalid',
    status: 400,
    errors: [{ field, detail: 'server text' }],
  });
const described = (label: string): HTMLElement => screen.getByLabelText(label, { exact: false });

it('an address that is none, and one that is taken, are told apart', () => {
  const { unmount } = show(<EmailField problem={refused('email')} takenText="Taken." />);
  expect(described('E-mail')).toHaveAccessibleDescription('This is not an e-mail address.');
  unmount();
  const taken = new Problem({ code: 'email_taken', status: 409 });
  show(<EmailField problem={taken} takenText="Taken." />);
  expect(described('E-mail')).toHaveAccessibleDescription('Taken.');
});

it('a refused password is wrong where it proves who asks, and weak where it is new', () => {
  const problem = refused('password');
  const { unmount } = show(<PasswordField label="Secret" problem={problem} />);
  const wrong = described('Secret *');
  expect(wrong).toHaveAccessibleDescription('The password is not right.');
  expect(wrong).toHaveAttribute('autocomplete', 'current-password');
  unmount();
  show(<NewPasswordField label="Secret" problem={problem} />);
  const weak = described('Secret *');
  expect(weak).not.toHaveAccessibleDescription('The password is not right.');
  expect(weak).toHaveAttribute('autocomplete', 'new-password');
  expect(weak).toHaveAttribute('minlength', '8');
});

it('a field says nothing of what was refused in another one', () => {
  show(<PasswordField label="Secret" problem={refused('email')} />);
  expect(described('Secret *')).toHaveAccessibleDescription('');
});

it('the alert above a form leaves to the fields what is said of them', () => {
  const { unmount } = show(<FormProblem problem={refused('email')} />);
  expect(screen.queryByRole('alert')).toBeNull();
  unmount();
  show(<FormProblem problem={new Problem({ code: 'x', status: 409, detail: 'No.' })} />);
  expect(screen.getByRole('alert')).toHaveTextContent('No.');
});
