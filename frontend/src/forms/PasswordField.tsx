import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../api/problem';
import { fieldError } from './fieldError';

type Props = Omit<PasswordInputProps, 'error' | 'name'> & {
  name?: string;
  problem?: Problem | null;
};

/** The shortest password that the server takes. */
const PASSWORD_MIN = 8;

/** The member's password, to prove who asks. */
export function PasswordField({ name = 'password', problem = null, ...props }: Props) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      name={name}
      label={t('auth.password')}
      autoComplete="current-password"
      required
      visibilityToggleButtonProps={{ 'aria-label': t('auth.showPassword') }}
      error={fieldError(problem, name) && t('problem.password_wrong')}
      {...props}
    />
  );
}

/** A password to be set, with what is asked of it. */
export function NewPasswordField({ name = 'password', problem = null, ...props }: Props) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      name={name}
      label={t('auth.password')}
      description={t('auth.passwordHint', { count: PASSWORD_MIN })}
      autoComplete="new-password"
      minLength={PASSWORD_MIN}
      required
      visibilityToggleButtonProps={{ 'aria-label': t('auth.showPassword') }}
      error={fieldError(problem, name) && t('auth.passwordWeak')}
      {...props}
    />
  );
}
