const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/**
 * A date or a time of ISO 8601 as milliseconds since 1970, fractions included; UTC where it names no zone.
 *
 * @returns undefined for any other text, and for days that no calendar has
 */
export function parseInstant(text: string): number | undefined {
  if (text.length < 10 || text.length > 40) return undefined;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCDate() !== day) return undefined;
  const offsetMinutes = zoneMinutes(match[8]);
  if (offsetMinutes === undefined) return undefined;
  const fractionMs = match[7] === undefined ? 0 : Number(match[7]) * 1_000;
  return date.getTime() + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1_000 + fractionMs;
}

function zoneMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone[0] === "-" ? -1 : 1) * (60 * hours + minutes);
}
