import type { Micros } from "../time.ts";

const second = 1_000_000;
const longest = 86_400_000_000_000 * second;
const unitSeconds: Record<string, number> = {
  Y: 31_536_000,
  M: 2_592_000,
  W: 604_800,
  D: 86_400,
  TH: 3600,
  TM: 60,
  TS: 1,
};

const isoDuration = /^([+-]?)P((?:\d+(?:[.,]\d+)?[YMWD])*)(?:T((?:\d+(?:[.,]\d+)?[HMS])*))?$/;
const isoPart = /(\d+(?:[.,]\d+)?)([A-Z])/g;
const clock = /^([+-]?)(?:(\d+) ?d(?:ays?)?(?:, ?| ?))?(?:(\d{1,10}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?$/i;

/**
 * Returns a duration in microseconds, null if the input is none: seconds as a number, ISO 8601 (a month is 30 days, a year 365),
 * `HH:MM[:SS]`, or days with an optional time (`1 day, 01:00:00`). A text of digits alone is no duration.
 */
export function parseDuration(input: unknown): Micros | null {
  const value = typeof input === "string" ? fromText(input) : fromNumber(input);
  return value === null || !Number.isFinite(value) || Math.abs(value) >= longest ? null : value;
}

function fromNumber(input: unknown): Micros | null {
  if (typeof input === "boolean") return input ? second : 0;
  return typeof input === "number" ? Math.round(input * second) : null;
}

function fromText(text: string): Micros | null {
  const found = isoDuration.exec(text);
  if (found === null) return fromClock(text);
  const [, sign, days = "", times = ""] = found;
  if (days === "" && times === "") return null;
  const total = sumOfParts(days, "") + sumOfParts(times, "T");
  return sign === "-" ? -total : total;
}

function sumOfParts(text: string, prefix: string): Micros {
  let total = 0;
  for (const [, amount = "", letter = ""] of text.matchAll(isoPart)) {
    total += Math.round(Number(amount.replace(",", ".")) * (unitSeconds[prefix + letter] ?? 0) * second);
  }
  return total;
}

function fromClock(text: string): Micros | null {
  const found = clock.exec(text);
  if (found === null) return null;
  const [, sign, days, hours, minutes = "0", seconds = "0", fraction = ""] = found;
  if (days === undefined && (hours === undefined || hours.length < 2)) return null;
  if (Number(minutes) > 59 || Number(seconds) > 59) return null;
  const whole = Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds);
  const total = whole * second + Number(fraction.slice(0, 6).padEnd(6, "0"));
  return sign === "-" ? -total : total;
}
