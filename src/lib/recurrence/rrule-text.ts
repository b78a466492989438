import { parseTime } from "../time.ts";
import { isZoneName } from "./zone-names.ts";

/** Seconds since 1970-01-01T00:00:00 in wall clock time, without a zone. */
export type WallSeconds = number;

export const frequencies = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"] as const;
export type Frequency = (typeof frequencies)[number];

/** A weekday (Monday 0) with its position in the month or year, 0 for every one. */
export interface WeekdayPlace {
  readonly weekday: number;
  readonly place: number;
}

/** One RRULE or EXRULE; a null list was not given. */
export interface Rule {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count: number | null;
  readonly until: WallSeconds | null;
  readonly week_start: number;
  readonly by_weekday: readonly WeekdayPlace[] | null;
  readonly lists: Readonly<Partial<Record<ListName, readonly number[]>>>;
}

const listNames = [
  "BYSETPOS",
  "BYMONTH",
  "BYMONTHDAY",
  "BYYEARDAY",
  "BYEASTER",
  "BYWEEKNO",
  "BYHOUR",
  "BYMINUTE",
  "BYSECOND",
] as const;
export type ListName = (typeof listNames)[number];

/** The rules and single dates of a schedule, in wall clock time of its zone. */
export interface RuleSet {
  /** Null where the text has none. */
  readonly start: WallSeconds | null;
  /** False where an UNTIL has a zone and there is no DTSTART: such a text is stored but has no dates. */
  readonly consistent: boolean;
  readonly rules: readonly Rule[];
  readonly excluded_rules: readonly Rule[];
  readonly dates: readonly WallSeconds[];
  readonly excluded_dates: readonly WallSeconds[];
}

/** The start of rules without DTSTART: 2020-01-01. */
export const defaultStart: WallSeconds = 1_577_836_800;

interface ReadTime {
  wall: WallSeconds;
  zoned: boolean;
}

class RuleSyntax extends Error {}

const weekdayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const integer = /^[+-]?\d+(_\d+)*$/;
const time = /^(\d{4})(-?)(\d{2})\2(\d{2})(?:T(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/** Returns the rules of an RFC 5545 text as dateutil reads it, or the reason why it is invalid. */
export function parseRules(text: string): { rules: RuleSet } | { error: string } {
  try {
    return { rules: readText(text) };
  } catch (error) {
    if (error instanceof RuleSyntax) return { error: error.message };
    throw error;
  }
}

function readText(text: string): RuleSet {
  const zoneNames = new Map([...text.matchAll(/TZID=([^:]+):/g)].map(([, name = ""]) => [name.toUpperCase(), name]));
  const parts = text
    .toUpperCase()
    .split(/\s+/)
    .filter((part) => part !== "");
  const read: Record<"rules" | "exrules", string[]> & Record<"dates" | "exdates", ReadTime[]> = {
    rules: [],
    exrules: [],
    dates: [],
    exdates: [],
  };
  let start: ReadTime | null = null;
  for (const part of parts) {
    const { name, parameters, value } = property(part);
    if (name === "DTSTART") start = onlyOne(datesOf(value, parameters, zoneNames), value);
    else if (name === "EXDATE") read.exdates.push(...datesOf(value, parameters, zoneNames));
    else if (name === "RDATE" && parameters.every((parameter) => parameter === "VALUE=DATE-TIME"))
      read.dates.push(...value.split(",").map(readTime));
    else if (name === "RRULE" && parameters.length === 0) read.rules.push(value);
    else if (name === "EXRULE" && parameters.length === 0) read.exrules.push(value);
    else throw new RuleSyntax(`unsupported property: ${part.split(":")[0]}`);
  }
  if (read.rules.length + read.exrules.length + read.dates.length + read.exdates.length === 0)
    throw new RuleSyntax("empty string");
  const rules = read.rules.map((value) => readRule(value, start));
  const excluded = read.exrules.map((value) => readRule(value, start));
  return {
    start: start?.wall ?? null,
    consistent: start !== null || ![...rules, ...excluded].some(({ zoned }) => zoned),
    rules: rules.map(({ rule }) => rule),
    excluded_rules: excluded.map(({ rule }) => rule),
    dates: read.dates.map(({ wall }) => wall),
    excluded_dates: read.exdates.map(({ wall }) => wall),
  };
}

function property(part: string): { name: string; parameters: string[]; value: string } {
  const colon = part.indexOf(":");
  if (colon < 0) return { name: "RRULE", parameters: [], value: part };
  const [name = "", ...parameters] = part.slice(0, colon).split(";");
  return { name, parameters, value: part.slice(colon + 1) };
}

function onlyOne(times: ReadTime[], value: string): ReadTime {
  const [first] = times;
  if (first === undefined || times.length > 1) throw new RuleSyntax(`Multiple DTSTART values specified:${value}`);
  return first;
}

function datesOf(value: string, parameters: readonly string[], zoneNames: ReadonlyMap<string, string>): ReadTime[] {
  let zoned = false;
  let forms = 0;
  for (const parameter of parameters) {
    if (parameter.startsWith("TZID=")) zoned ||= isZoneName(zoneNames.get(parameter.slice(5)) ?? "");
    else if (parameter !== "VALUE=DATE-TIME" && parameter !== "VALUE=DATE")
      throw new RuleSyntax(`unsupported parm: ${parameter}`);
    else forms += 1;
  }
  if (forms > 1) throw new RuleSyntax("Duplicate value parameter found");
  return value.split(",").map((text) => {
    const read = readTime(text);
    if (zoned && read.zoned) throw new RuleSyntax("DTSTART/EXDATE specifies multiple timezone");
    return { wall: read.wall, zoned: zoned || read.zoned };
  });
}

function readTime(text: string): ReadTime {
  const found = time.exec(text);
  if (found === null) throw new RuleSyntax(`Unknown string format: ${text}`);
  const [, year, , month, day, hour = "00", minute = "00", second = "00", zone] = found;
  const micros = parseTime(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  if (micros === null) throw new RuleSyntax(`no such date: ${text}`);
  return { wall: micros / 1_000_000, zoned: zone !== undefined };
}

function readPairs(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  if (text.includes(":")) throw new RuleSyntax("unknown parameter name");
  for (const pair of text.split(";")) {
    const [key = "", content, ...more] = pair.split("=");
    if (content === undefined || more.length > 0) throw new RuleSyntax(`not a pair: '${pair}'`);
    pairs.set(key === "BYDAY" ? "BYWEEKDAY" : key, content);
  }
  return pairs;
}

function readRule(text: string, start: ReadTime | null): { rule: Rule; zoned: boolean } {
  const pairs = readPairs(text);
  const take = <T>(key: string, read: (content: string) => T | null): T | null => {
    const content = pairs.get(key);
    pairs.delete(key);
    if (content === undefined) return null;
    const result = read(content);
    if (result === null) throw new RuleSyntax(`invalid '${key}': ${content}`);
    return result;
  };
  const lists: Partial<Record<ListName, readonly number[]>> = {};
  for (const name of listNames) {
    const list = take(name, integers);
    if (list !== null) lists[name] = list;
  }
  const until = take("UNTIL", readTime);
  const rule: Rule = {
    frequency: take("FREQ", (name) => frequencies.find((frequency) => frequency === name) ?? null) ?? noFrequency(),
    interval: take("INTERVAL", positive) ?? 1,
    count: take("COUNT", wholeNumber),
    until: until?.wall ?? null,
    week_start: take("WKST", weekdayOf) ?? 0,
    by_weekday: take("BYWEEKDAY", weekdayPlaces),
    lists,
  };
  for (const key of pairs.keys()) throw new RuleSyntax(`unknown parameter '${key}'`);
  if (start !== null && until !== null && start.zoned !== until.zoned)
    throw new RuleSyntax("RRULE UNTIL values must be specified in UTC when DTSTART is timezone-aware");
  checkLists(rule, start?.wall ?? defaultStart);
  return { rule, zoned: until?.zoned ?? false };
}

function noFrequency(): never {
  throw new RuleSyntax("no FREQ");
}

function wholeNumber(text: string): number | null {
  return integer.test(text) ? Number(text.replaceAll("_", "")) : null;
}

function integers(text: string): number[] | null {
  const values = text.split(",").map(wholeNumber);
  return values.every((value) => value !== null) ? values : null;
}

// An interval of 0 would repeat its first date for ever.
function positive(text: string): number | null {
  const value = wholeNumber(text);
  return value !== null && value > 0 ? value : null;
}

function weekdayOf(text: string): number | null {
  const index = weekdayNames.indexOf(text);
  return index < 0 ? null : index;
}

function weekdayPlaces(text: string): WeekdayPlace[] | null {
  const values = text.split(",").map(weekdayPlace);
  return values.every((value) => value !== null) ? values : null;
}

function weekdayPlace(text: string): WeekdayPlace | null {
  const found = /^([A-Z]{2})\(([+-]?\d+)\)$/.exec(text);
  const [, placeText, name] = found === null ? (/^([+-]?\d+)?([A-Z]{2})$/.exec(text) ?? []) : [text, found[2], found[1]];
  const weekday = weekdayOf(name ?? "");
  if (weekday === null) return null;
  if (placeText === undefined) return { weekday, place: 0 };
  const place = Number(placeText);
  return place === 0 ? null : { weekday, place };
}

const clockLists = [
  { name: "BYHOUR", frequency: "HOURLY", size: 24, unit: 3600 },
  { name: "BYMINUTE", frequency: "MINUTELY", size: 60, unit: 60 },
  { name: "BYSECOND", frequency: "SECONDLY", size: 60, unit: 1 },
] as const;

function checkLists(rule: Rule, start: WallSeconds): void {
  if (rule.lists.BYSETPOS?.some((place) => place === 0 || Math.abs(place) > 366))
    throw new RuleSyntax("bysetpos must be between 1 and 366, or between -366 and -1");
  const daily = frequencies.indexOf(rule.frequency) < frequencies.indexOf("HOURLY");
  for (const { name, frequency, size, unit } of clockLists) {
    const list = rule.lists[name];
    if (list === undefined) continue;
    if (daily && list.some((value) => value < 0 || value >= size)) throw new RuleSyntax(`${name} must be in 0..${size - 1}`);
    if (rule.frequency !== frequency) continue;
    const step = greatestCommonDivisor(rule.interval, size);
    const first = Math.floor(start / unit) % size;
    if (!list.some((value) => (value - first) % step === 0)) throw new RuleSyntax("Invalid rrule byxxx generates an empty set.");
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
