import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import type { Problem } from '../../api/problem';
import { Form } from '../../forms/Form';
import { FormProblem } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';

type Props = {
  action: (given: FormData) => Promise<unknown>;
  submitText: string;
  /** Said beside the button after success, until something is typed. */
  doneText: string;
  /** Empties the fields after success. */
  resets?: boolean;
  fields: (problem: Problem | null) => ReactNode;
};

/** A form of the settings page: its fields, then a button and what became of the request. */
export function SettingsForm({ action, submitText, doneText, resets = false, fields }: Props) {
  const { submit, pending, error, done, clearDone } = useSubmit(
    async (given: FormData, form: HTMLFormElement) => {
      await action(given);
      if (resets) form.reset();
    },
  );
  return (
    <Form onSubmit={submit} onChange={clearDone}>
      <FormProblem problem={error} />
      {fields(error)}
      <Group>
        <Button type="submit" loading={pending}>
          {submitText}
        </Button>
        <Text size="sm" c="dimmed" role="status">
          {done && doneText}
        </Text>
      </Group>
    </Form>
  );
}
