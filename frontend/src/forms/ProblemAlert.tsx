import { Alert, type AlertProps } from '@mantine/core';

import type { Problem } from '../api/problem';
import { useProblemText } from './useProblemText';

type Props = Omit<AlertProps, 'color' | 'role'> & { problem: Problem | null };

/** Why a request was refused, read out by a screen reader; nothing without a problem. */
export function ProblemAlert({ problem, children, ...props }: Props) {
  const problemText = useProblemText();
  if (problem === null) return null;
  return (
    <Alert color="red" role="alert" {...props}>
      {problemText(problem)}
      {children}
    </Alert>
  );
}

/** Like ProblemAlert, except for what the server says of single fields, which say it themselves. */
export const FormProblem = ({ problem }: { problem: Problem | null }) => (
  <ProblemAlert problem={problem?.errors.length === 0 ? problem : null} />
);
