/** When the daily limit begins anew: the time of day here, and how long until then. */
export function untilReset(
  resetsAt: string,
  now: number,
  language: string,
): { at: string; hours: number; minutes: number } {
  const moment = new Date(resetsAt);
  const left = Math.max(0, moment.getTime() - now);
  const at = new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' }).format(
    moment,
  );
  return { at, hours: Math.floor(left / 3_600_000), minutes: Math.ceil(left / 60_000) };
}
