import { Button } from '@mantine/core';

type Props = { pending: boolean; children: string };

/** The button that sends a form of the pages before login. */
export const AuthSubmit = ({ pending, children }: Props) => (
  <Button type="submit" loading={pending} mt="xs" size="md">
    {children}
  </Button>
);
