// Limits as they are typed: an empty field means no limit.
export const MEGABYTE = 1_000_000;

/** Return a limit as the text of its field, in a unit. */
export function limitOf(limit: number | null | undefined, unit = 1): string {
  return limit === null || limit === undefined ? "" : String(limit / unit);
}

/** Return the limit of a field; null means none, undefined an invalid text. Only limits in a unit may have decimals. */
export function readLimit(typed: string, unit = 1): number | null | undefined {
  const text = typed.trim().replace(",", ".");
  if (text === "") return null;
  if (!/^\d{1,12}(\.\d{1,6})?$/.test(text)) return undefined;
  const limit = Number(text) * unit;
  return unit === 1 && !Number.isInteger(limit) ? undefined : Math.round(limit);
}
