import { Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

type Props = {
  /** Gets the fields by their names; `form` to empty them by `reset()` after success. */
  onSubmit: (given: FormData, form: HTMLFormElement) => unknown;
  onChange?: () => void;
  /** One field and its button in one line. */
  inline?: boolean;
  children: ReactNode;
};

/**
 * A form; its fields stand below each other unless it is `inline`. They are uncontrolled, and the form
 * does not use React's `action`, which would empty them after a refusal.
 */
export function Form({ onSubmit, onChange, inline = false, children }: Props) {
  return (
    <form
      onChange={onChange}
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit(new FormData(event.currentTarget), event.currentTarget);
      }}
    >
      {inline ? (
        <Group align="end" wrap="nowrap">
          {children}
        </Group>
      ) : (
        <Stack>{children}</Stack>
      )}
    </form>
  );
}
