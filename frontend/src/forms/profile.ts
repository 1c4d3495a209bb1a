import { textOf } from './fieldText';

/** The profile's fields out of a form; what was left empty is null. */
export function profileOf(form: FormData): {
  nickname: string;
  born_year: number | null;
  job: string | null;
} {
  const text = (name: string): string => textOf(form, name).trim();
  const year = text('born_year');
  return {
    nickname: text('nickname'),
    born_year: year === '' ? null : Number(year),
    job: text('job') || null,
  };
}
