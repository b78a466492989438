import { numberText } from "../python/index.ts";
import { type Filter, filter } from "./environment.ts";
import { formatBraces, formatPercent, formatValue } from "./format.ts";
import { integer, order, readNumber, roundFloat } from "./operators.ts";
import { Float, Host, isInteger, isNumeric, isTruthy, TemplateError, textOf, toDouble, type Value } from "./values.ts";

// The filters of jinja2-humanize-extension: the English texts of the Python package `humanize`.

const notFinite = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");

/** Applies a function to a number; other values are returned as text. */
const onNumber = (run: (exact: number | bigint | Float, double: number) => string, value: Value): string => {
  const exact = readNumber(value);
  if (exact === undefined) return textOf(value);
  const double = toDouble(exact);
  return Number.isFinite(double) ? run(exact, double) : notFinite(double);
};

const truncated = (exact: number | bigint | Float): bigint =>
  exact instanceof Float ? BigInt(Math.trunc(exact.value)) : BigInt(exact);

function ordinal(exact: number | bigint | Float): string {
  const value = truncated(exact);
  const last = ((value % 100n) + 100n) % 100n;
  const suffix = last >= 11n && last <= 13n ? "th" : (["th", "st", "nd", "rd"][Number(last % 10n)] ?? "th");
  return `${value}${suffix}`;
}

function intComma(value: Value, digits: Value): string {
  const plain = typeof value === "string" ? value.replaceAll(",", "") : value;
  return onNumber((exact) => {
    const number = typeof value === "string" && !String(plain).includes(".") ? integer(truncated(exact)) : exact;
    return formatValue(number, digits !== null && isInteger(digits) ? `,.${Number(digits)}f` : ",");
  }, plain);
}

const powers =
  "thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion googol".split(
    " ",
  );
const powerExponents = [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 100];

function intWord(exact: number | bigint | Float, format: string): string {
  const whole = truncated(exact);
  const value = whole < 0n ? -whole : whole;
  const sign = whole < 0n ? "-" : "";
  if (value < 1000n) return `${sign}${value}`;
  let at = powerExponents.findLastIndex((exponent) => value >= 10n ** BigInt(exponent));
  const exponent = powerExponents[at] ?? 3;
  let rounded = Number(formatPercent(format, new Float(Number(value) / 10 ** exponent)));
  const next = powerExponents[at + 1];
  if (next !== undefined && rounded === 10 ** (next - exponent)) {
    at += 1;
    rounded = 1;
  }
  return `${sign}${formatPercent(format, new Float(rounded))} ${powers[at]}`;
}

const smallNumbers = "zero one two three four five six seven eight nine".split(" ");

/** Returns the fraction nearest to a value below one whose denominator is at most a thousand. */
function nearestFraction(value: number): [number, number] {
  let best: [number, number] = [Math.round(value), 1];
  for (let denominator = 1; denominator <= 1000; denominator++) {
    const numerator = Math.round(value * denominator);
    if (Math.abs(numerator / denominator - value) < Math.abs(best[0] / best[1] - value)) best = [numerator, denominator];
  }
  return best;
}

function fractional(double: number): string {
  const whole = Math.trunc(double);
  const [numerator, denominator] = nearestFraction(double - whole);
  if (denominator === 1) return String(whole + numerator);
  return whole === 0 ? `${numerator}/${denominator}` : `${whole} ${Math.abs(numerator)}/${denominator}`;
}

const superscript = (digits: number): string =>
  String(digits).replace(/[-\d]/g, (digit) => (digit === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? "")));

function scientific(double: number, precision: number): string {
  const [mantissa, exponent] = double.toExponential(precision).split("e");
  return `${mantissa} x 10${superscript(Number(exponent))}`;
}

function metric(double: number, unit: string, precision: number): string {
  let exponent = double === 0 ? 0 : Math.floor(Math.log10(Math.abs(double)));
  if (exponent >= 33 || exponent < -30) return scientific(double, precision - 1) + unit;
  const bucket = (power: number) => Math.floor(power / 3) * 3;
  const digitsFor = (power: number) => Math.max(0, precision - (((power % 3) + 3) % 3) - 1);
  let value = double / 10 ** bucket(exponent);
  if (exponent < 30 && roundFloat(Math.abs(value), digitsFor(exponent)) >= 10 ** ((((exponent % 3) + 3) % 3) + 1)) {
    value /= 10 ** (bucket(exponent + 1) - bucket(exponent));
    exponent += 1;
  }
  const prefix =
    exponent >= 3
      ? "kMGTPEZYRQ"[Math.floor(exponent / 3) - 1]
      : exponent < 0
        ? "mμnpfazyrq"[Math.floor((-exponent - 1) / 3)]
        : "";
  const space = (unit === "" && prefix === "") || ["°", "′", "″"].includes(unit) ? "" : " ";
  return `${value.toFixed(digitsFor(exponent))}${space}${prefix}${unit}`;
}

function naturalSize(value: Value, binary: boolean, gnu: boolean, format: string): string {
  const exact = readNumber(value);
  if (exact === undefined) throw new TemplateError("ValueError", `could not convert string to float: '${textOf(value)}'`);
  const bytes = toDouble(exact);
  const base = gnu || binary ? 1024 : 1000;
  const size = Math.abs(bytes);
  if (size === 1 && !gnu) return `${Math.trunc(bytes)} Byte`;
  if (size < base) return gnu ? `${Math.trunc(bytes)}B` : `${Math.trunc(bytes)} Bytes`;
  const letters = [...(gnu || binary ? "KMGTPEZYRQ" : "kMGTPEZYRQ")];
  let power = Math.trunc(Math.min(Math.log(size) / Math.log(base), letters.length));
  if (power < letters.length && Math.abs(Number(formatPercent(format, new Float(size / base ** power)))) >= base) power += 1;
  const suffix = gnu ? "" : binary ? "iB" : "B";
  return `${formatPercent(format, new Float(bytes / base ** power))}${gnu ? "" : " "}${letters[power - 1]}${suffix}`;
}

const some = (amount: number, unit: string): string => `${amount} ${unit}${amount === 1 ? "" : "s"}`;
const evenRound = (value: number): number => roundFloat(value, 0);

function shortDelta(seconds: number, micros: number, unit: string): string {
  if (seconds === 0) {
    if (unit === "microseconds" && micros < 1000) return some(micros, "microsecond");
    if (unit !== "seconds") return some(Math.trunc(micros / 1000), "millisecond");
    return "a moment";
  }
  if (seconds === 1) return "a second";
  if (seconds < 60) return some(seconds, "second");
  const [minutes, hours] = [evenRound(seconds / 60), evenRound(seconds / 3600)];
  if (seconds < 3600 && minutes < 60) return minutes === 1 ? "a minute" : some(minutes, "minute");
  if (seconds < 3600 || hours === 1) return "an hour";
  return hours === 24 ? "a day" : some(hours, "hour");
}

function yearDelta(days: number, months: number, useMonths: boolean): string {
  if (months === 0) return days === 0 ? "a year" : `1 year, ${some(days, "day")}`;
  if (!useMonths) return `1 year, ${some(days, "day")}`;
  if (months === 12) return "2 years";
  return `1 year, ${some(months, "month")}`;
}

/** Returns a length of time in words; `total` is in microseconds. */
function naturalDelta(total: number, useMonths: boolean, unit: string): string {
  const micros = Math.abs(Math.round(total));
  const allDays = Math.floor(micros / 86_400_000_000);
  const [years, days] = [Math.floor(allDays / 365), allDays % 365];
  const months = evenRound(days / 30.5);
  const seconds = Math.floor(micros / 1_000_000) % 86_400;
  if (years === 0 && days < 1) return shortDelta(seconds, micros % 1_000_000, unit);
  if (years === 0) {
    if (days === 1) return "a day";
    if (!useMonths || months === 0) return some(days, "day");
    if (months === 12) return "a year";
    return months === 1 ? "a month" : some(months, "month");
  }
  if (years === 1) return yearDelta(days, months, useMonths);
  return `${intComma(evenRound(allDays / 365), null)} years`;
}

function naturalTime(
  value: Value,
  [future = false, months = true, unit = "seconds"]: (Value | undefined)[],
  now: number,
): string {
  const at = value instanceof Host ? value.micros : undefined;
  const read = isNumeric(value) ? toDouble(value) : Number.NaN;
  if (at === undefined && !Number.isFinite(read)) return textOf(value);
  const total = at === undefined ? evenRound(read) * 1_000_000 : now - at;
  const words = naturalDelta(total, isTruthy(months), textOf(unit));
  if (words === "a moment") return "now";
  return (at === undefined ? isTruthy(future) : total < 0) ? `${words} from now` : `${words} ago`;
}

const monthNames = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const DAY = 86_400_000_000;

function naturalDay(value: Value, now: number, withYear: boolean): string {
  if (!(value instanceof Host) || value.micros === undefined) return textOf(value);
  const days = Math.floor(value.micros / DAY) - Math.floor(now / DAY);
  const near = days === 0 ? "today" : days === 1 ? "tomorrow" : days === -1 ? "yesterday" : undefined;
  if (near !== undefined) return near;
  const date = new Date(value.micros / 1000);
  const day = `${monthNames[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2, "0")}`;
  return withYear && Math.abs(days) >= (5 * 365) / 12 ? `${day} ${date.getUTCFullYear()}` : day;
}

const units: [string, number][] = [
  ["year", 365 * DAY],
  ["month", 30.5 * DAY],
  ["day", DAY],
  ["hour", 3_600_000_000],
  ["minute", 60_000_000],
  ["second", 1_000_000],
];

/** Returns a length of time in all its units down to seconds, which may have a fraction. */
function preciseDelta(value: Value, smallest: string, format: string): string {
  if (!isNumeric(value)) return textOf(value);
  let rest = Math.abs(Math.round(toDouble(value) * 1_000_000));
  const parts: string[] = [];
  const lowest =
    Math.max(
      units.findIndex(([name]) => `${name}s` === smallest),
      0,
    ) || units.length - 1;
  for (const [index, [name, size]] of units.slice(0, lowest + 1).entries()) {
    if (index < lowest) {
      const amount = Math.floor(rest / size);
      rest = Math.trunc(rest - amount * size);
      if (amount > 0) parts.push(some(amount, name));
      continue;
    }
    const amount = rest / size;
    if (amount === 0 && parts.length > 0) continue;
    const shown = Number.isInteger(amount) ? String(amount) : formatPercent(format, new Float(amount));
    parts.push(`${shown} ${name}${amount > 1 || amount === 0 ? "s" : amount === 1 ? "" : "s"}`);
  }
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function clamp(
  value: Value,
  [floor = null, ceiling = null, format = "{:}", low = "<", high = ">"]: (Value | undefined)[],
): Value {
  if (value === null) return null;
  const [token, shown] =
    floor !== null && order(value, floor) < 0
      ? [textOf(low), floor]
      : ceiling !== null && order(value, ceiling) > 0
        ? [textOf(high), ceiling]
        : ["", value];
  return token + formatBraces(textOf(format), () => shown);
}

const small = (value: Value | undefined, fallback: number): number =>
  value !== undefined && isInteger(value) ? Math.min(Math.max(Number(value), 0), 50) : fallback;
const number = (
  params: string,
  run: (exact: number | bigint | Float, double: number, given: (Value | undefined)[]) => string,
): Filter => filter(params, (value, given) => onNumber((exact, double) => run(exact, double, given), value));

/** The filters whose names begin with `humanize_`. */
export const HUMANIZE_FILTERS: readonly (readonly [string, Filter])[] = [
  [
    "humanize_naturalsize",
    filter("binary gnu format", (value, [binary = false, gnu = false, format = "%.1f"]) =>
      naturalSize(value, isTruthy(binary), isTruthy(gnu), textOf(format)),
    ),
  ],
  ["humanize_ordinal", number("gender", ordinal)],
  ["humanize_intcomma", filter("ndigits", (value, [digits = null]) => intComma(value, digits))],
  ["humanize_intword", number("format", (exact, _double, [format = "%.1f"]) => intWord(exact, textOf(format)))],
  ["humanize_apnumber", number("", (exact) => smallNumbers[Number(truncated(exact))] ?? numberText(Number(truncated(exact))))],
  ["humanize_fractional", number("", (_exact, double) => fractional(double))],
  ["humanize_scientific", number("precision", (_exact, double, [precision]) => scientific(double, small(precision, 2)))],
  [
    "humanize_metric",
    number("unit precision", (_exact, double, [unit = "", precision]) => metric(double, textOf(unit), small(precision, 3))),
  ],
  ["humanize_clamp", filter("floor ceil format floor_token ceil_token", clamp)],
  [
    "humanize_naturaldelta",
    filter("months minimum_unit", (value, [months = true, unit = "seconds"]) =>
      onNumber((_exact, double) => naturalDelta(double * 1_000_000, isTruthy(months), textOf(unit)), value),
    ),
  ],
  ["humanize_naturaltime", filter("future months minimum_unit when", (value, given, env) => naturalTime(value, given, env.now))],
  ["humanize_naturalday", filter("", (value, _given, env) => naturalDay(value, env.now, false))],
  ["humanize_naturaldate", filter("", (value, _given, env) => naturalDay(value, env.now, true))],
  [
    "humanize_precisedelta",
    filter("minimum_unit suppress format", (value, [unit = "seconds", , format = "%0.2f"]) =>
      preciseDelta(value, textOf(unit), textOf(format)),
    ),
  ],
];
