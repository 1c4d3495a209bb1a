import { TextInput, type TextInputProps } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../api/problem';
import { fieldError } from './fieldError';

type Props = Omit<TextInputProps, 'error' | 'type'> & {
  problem?: Problem | null;
  /** What to say of an address that another account has. */
  takenText?: string;
};

/** An e-mail address; named `email` unless the form says otherwise. */
export function EmailField({ problem = null, takenText, ...props }: Props) {
  const { t } = useTranslation();
  const taken = problem?.code === 'email_taken' && takenText;
  return (
    <TextInput
      name="email"
      type="email"
      label={t('auth.email')}
      required
      error={taken || (fieldError(problem, 'email') && t('auth.emailInvalid'))}
      {...props}
    />
  );
}
