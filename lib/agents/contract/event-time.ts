/** RFC 3339, section 5.6: `T` and `Z` in either case, any number of fractional digits. */
const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})t([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,32}))?(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Parses the time of an event. The log orders by milliseconds; further digits are kept with the event.
 * @returns null when it is not a valid time: no such day, or a leap second, which neither JavaScript nor PostgreSQL supports.
 */
export function readEventTime(text: string): { at: Date; finer: string } | null {
  const [, year, month, day, , , , fraction = ''] = RFC_3339.exec(text) ?? [];
  if (year === undefined) return null;
  const lastDay = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  // Out of range it would roll over into the next month.
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > lastDay) return null;
  const at = new Date(text.toUpperCase().replace(/\.(\d{3})\d+/, '.$1'));
  return Number.isNaN(at.getTime()) ? null : { at, finer: fraction.slice(3).replace(/0+$/, '') };
}
