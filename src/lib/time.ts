/** A point in time in whole microseconds since the epoch; a duration in microseconds. */
export type Micros = number;

const second = 1_000_000;
const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt _](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const basic = /^(\d{4})(\d{2})(\d{2})(?:[Tt](\d{2})(\d{2})(?:(\d{2})(?:[.,](\d+))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const numeric = /^[+-]?\d+(\.\d+)?$/;
const lastSafe = Number.MAX_SAFE_INTEGER;

/**
 * Returns a time in any form of the API (ISO 8601 with or without a zone, a date, epoch seconds) in microseconds, null for an
 * invalid one. Without a zone it is UTC; digits beyond the sixth are cut; years beyond the exact range of doubles (2255) are
 * clamped.
 */
export function parseTime(input: string | number): Micros | null {
  if (typeof input === "number") return fromSeconds(input);
  const found = iso.exec(input) ?? (/^\d{8}T/i.test(input) ? basic.exec(input) : null);
  if (found === null) return numeric.test(input.trim()) ? fromSeconds(Number(input)) : null;
  const [, year, month, day, hour = "0", minute = "0", secondText = "0", fraction = "", zone] = found;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!real || Number(year) < 1 || Number(hour) > 23 || Number(minute) > 59 || Number(secondText) > 59) return null;
  const offset = zoneSeconds(zone);
  if (offset === null) return null;
  const seconds = date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(secondText) - offset;
  return clamp(seconds * second + Number(fraction.slice(0, 6).padEnd(6, "0")));
}

function zoneSeconds(zone: string | undefined): number | null {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", "") || "0");
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

const clamp = (value: number): Micros => Math.max(-lastSafe, Math.min(lastSafe, value));

// Pydantic reads numbers above 2e10 as milliseconds.
function fromSeconds(value: number): Micros | null {
  if (!Number.isFinite(value)) return null;
  const seconds = Math.abs(value) > 2e10 ? value / 1000 : value;
  return Math.abs(seconds) > 253_402_300_799 ? null : clamp(Math.round(seconds * second));
}

/** Returns ISO 8601 text in UTC with six digits of the second. */
export function formatTime(value: Micros): string {
  const milliseconds = Math.floor(value / 1000);
  const rest = value - milliseconds * 1000;
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

/** Returns `formatTime` of a time, null for none. */
export const formatOptionalTime = (value: Micros | null): string | null => (value === null ? null : formatTime(value));

/** Returns a duration of microseconds as seconds. */
export const toSeconds = (value: Micros): number => value / second;

/** Returns a number of seconds as whole microseconds. */
export const fromSecondsDuration = (seconds: number): Micros => Math.round(seconds * second);
