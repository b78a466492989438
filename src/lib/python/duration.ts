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
 * Returns a duration in microseconds, null if the input is invalid: seconds as a number, ISO 8601 (a month is 30 days, a year
 * 365), `HH:MM[:SS]`, or days with an optional time (`1 day, 01:00:00`). A text of digits only is invalid.
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
  // A time has at least five characters, and follows days or stands alone.
  if (hours === undefined ? days === undefined : text.length - text.search(/\d+:/) < 5) return null;
  if (Number(minutes) > 59 || Number(seconds) > 59 || (days !== undefined && Number(hours ?? 0) > 23)) return null;
  const whole = Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds);
  const total = whole * second + Number(fraction.slice(0, 6).padEnd(6, "0"));
  return sign === "-" ? -total : total;
}

const tooShort = "input is too short";
const noDigit = "invalid digit in duration";
const tooLarge = "a numeric value in the duration is too large";

/** Returns why a value is not a duration, in the words of pydantic's parser (speedate). */
export function durationFault(input: unknown): string {
  if (typeof input !== "string") return "durations may not exceed 999,999,999 days";
  const text = input.replace(/^[+-]/, "");
  if (text === "") return tooShort;
  if (text.startsWith("P")) return isoFault(text.slice(1));
  return text.length < 5 || /d/i.test(text) ? dayFault(text) : clockFault(text);
}

function isoFault(text: string): string {
  if (text === "" || text === "T") return tooShort;
  let rest = text;
  let part: "date" | "time" = "date";
  while (rest !== "") {
    if (part === "date" && rest.startsWith("T")) {
      part = "time";
      rest = rest.slice(1);
      continue;
    }
    const [quantity, digits = "", unit = ""] = /^(\d*)(?:[.,]\d+)?(.?)/s.exec(rest) ?? [""];
    if (digits === "") return noDigit;
    if (digits.length > 10) return tooLarge;
    if (!(part === "date" ? "YMWD" : "HMS").includes(unit) || unit === "") return `quantity invalid in ${part} part of duration`;
    rest = rest.slice(quantity.length);
  }
  return "durations may not exceed 999,999,999 days";
}

function dayFault(text: string): string {
  const [, digits = "", rest = ""] = /^(\d*) ?(.*)$/s.exec(text) ?? [];
  if (digits === "") return noDigit;
  const named = /^d(?:ays?)?(?:, ?| ?)(.*)$/is.exec(rest);
  if (named === null) return '"day" identifier in duration not correctly formatted';
  if (digits.length > 9) return tooLarge;
  const [, clock = ""] = named;
  if (clock.length < 5) return tooShort;
  return Number(/^\d*/.exec(clock)?.[0]) > 23 ? "durations may not exceed 999,999,999 hours" : clockFault(clock);
}

function clockFault(text: string): string {
  const [, hours = ""] = /^(\d*)/.exec(text) ?? [];
  if (hours === "" || text[hours.length] !== ":") return "invalid character in hour";
  if (hours.length > 9) return "durations may not exceed 999,999,999 hours";
  const [minutes = "", seconds, ...more] = text.slice(hours.length + 1).split(":");
  if (!/^\d\d/.test(minutes)) return "invalid character in minute";
  if (Number(minutes.slice(0, 2)) > 59) return "minute value is outside expected range of 0-59";
  if (minutes.length > 2 || more.length > 0) return "unexpected extra characters at the end of the input";
  if (!/^\d\d/.test(seconds ?? "")) return "invalid character in second";
  if (Number(seconds?.slice(0, 2)) > 59) return "second value is outside expected range of 0-59";
  return "unexpected extra characters at the end of the input";
}
