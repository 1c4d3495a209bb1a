import type { Problem } from '../api/problem';

/** What a refused request says of one field, if it says something. */
export const fieldError = (problem: Problem | null, field: string): string | undefined =>
  problem?.errors.find((error) => error.field === field)?.detail;
