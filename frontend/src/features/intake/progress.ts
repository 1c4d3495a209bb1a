import type { Prompt } from '../../api/types';

/** The first question without an answer; null once all have one. */
export const nextQuestion = (intake: Prompt[]): Prompt | null =>
  intake.find(({ answer }) => answer === null) ?? null;
