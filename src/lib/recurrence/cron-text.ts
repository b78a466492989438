/** The allowed values of one field in ascending order; null where every value is allowed. */
export type CronValues = readonly number[] | null;

/** A parsed cron expression. Weekdays count from Sunday (0). */
export interface CronPlan {
  readonly minutes: CronValues;
  readonly hours: CronValues;
  readonly days: CronValues;
  /** The last day of the month matches, too (only where `days` is not null). */
  readonly last_day: boolean;
  readonly months: CronValues;
  readonly weekdays: CronValues;
  /** For each weekday its positions in the month (1–5, or "last"); replaces `weekdays`. */
  readonly nth_weekdays: ReadonlyMap<number, readonly (number | "last")[]> | null;
  readonly seconds: CronValues;
  readonly years: CronValues;
  /** Five fields: dates without seconds. */
  readonly by_minute: boolean;
}

interface FieldKind {
  readonly min: number;
  readonly max: number;
  readonly words: ReadonlyMap<string, number>;
}
type Item = number | "*" | "last";

const wordList = (text: string, first: number) => new Map(text.split(" ").map((word, index) => [word, index + first]));
const kind = (min: number, max: number, words: ReadonlyMap<string, number> = new Map()): FieldKind => ({ min, max, words });

const minute = kind(0, 59);
const hour = kind(0, 23);
const day = kind(1, 31);
const month = kind(1, 12, wordList("jan feb mar apr may jun jul aug sep oct nov dec", 1));
const weekday = kind(0, 6, wordList("sun mon tue wed thu fri sat", 0));
const second = kind(0, 59);
const year = kind(1970, 2099);
const kinds = [minute, hour, day, month, weekday, second, year];

const aliases: ReadonlyMap<string, string> = new Map([
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
  ["@daily", "0 0 * * *"],
  ["@weekly", "0 0 * * 0"],
  ["@monthly", "0 0 1 * *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
]);

const range = /^([^-]+)-([^-/]+)(?:\/(\d+))?$/;
const stepped = /^(.+)\/(.+)$/;
const nthWeekday = /^([a-z]{3}(?:-[a-z]{3})?|\w+)#(\d+)$/;
const lastWeekday = /^l(\d+)$/;
const digits = /^\d+$/;
const random = /^r(\(\d+-\d+\))?(\/\d+)?$/;

// A stored schedule is parsed at each tick; the longest cron without repetitions has about 900 characters.
const longestCron = 6500;

class CronSyntax extends Error {}

/** Returns the plan of a cron expression of 5, 6 or 7 fields or of an alias, or the reason why it is invalid. */
export function parseCron(text: string): { plan: CronPlan } | { error: string } {
  if (text.length > longestCron) return { error: `Invalid cron string: "${text.slice(0, 40)}..."` };
  const lower = text.toLowerCase();
  const fields = (aliases.get(lower) ?? lower).split(/\s+/).filter((field) => field !== "");
  if (fields.some((field) => random.test(field)))
    return { error: `Random and Hashed expressions are unsupported, received: "${text}"` };
  if (fields.length < 5 || fields.length > 7) return { error: `Invalid cron string: "${text}"` };
  try {
    return { plan: readFields(fields) };
  } catch (error) {
    if (error instanceof CronSyntax) return { error: `Invalid cron string: "${text}"` };
    throw error;
  }
}

function readFields(fields: readonly string[]): CronPlan {
  const nth = new Map<number, (number | "last")[]>();
  const sets = fields.map((field, index) => new FieldReader(kindAt(index), fields.length, nth).read(field));
  const [dayText = "", weekdayText = ""] = [fields[2], fields[4]];
  const values = (index: number, starred = true): CronValues => {
    const set = sets[index];
    return set === undefined ? null : valuesOf(set, kindAt(index), starred);
  };
  const weekdays = sets[4] ?? new Set<Item>();
  const plain = [...weekdays].filter((item) => item !== "*" && !(typeof item === "number" && nth.has(item)));
  if (nth.size > 0 && plain.length > 0 && weekdays.size !== 7) throw new CronSyntax();
  // A day or weekday list of all values is a restriction unless the other of the two fields has a star.
  const days = values(2, weekdayText.includes("*"));
  return {
    minutes: values(0),
    hours: values(1),
    days,
    last_day: days !== null && (sets[2]?.has("last") ?? false),
    months: values(3),
    weekdays: values(4, dayText.includes("*")),
    nth_weekdays: nth.size > 0 ? nth : null,
    seconds: values(5),
    years: values(6),
    by_minute: fields.length === 5,
  };
}

function valuesOf(items: ReadonlySet<Item>, { min, max }: FieldKind, fullIsStar: boolean): CronValues {
  if (items.has("*") || (fullIsStar && items.size === max - min + 1)) return null;
  return [...items].filter((item) => typeof item === "number").sort((a, b) => a - b);
}

function kindAt(index: number): FieldKind {
  const found = kinds[index];
  if (found === undefined) throw new CronSyntax();
  return found;
}

/** Parses one field: a list of values, ranges and steps. */
class FieldReader {
  readonly #kind: FieldKind;
  readonly #fields: number;
  readonly #nth: Map<number, (number | "last")[]>;
  readonly #items = new Set<Item>();

  constructor(kind: FieldKind, fields: number, nth: Map<number, (number | "last")[]>) {
    this.#kind = kind;
    this.#fields = fields;
    this.#nth = nth;
  }

  read(text: string): Set<Item> {
    if (text === "?" && (this.#kind === day || this.#kind === weekday)) return new Set(["*"]);
    for (const item of text.split(",")) this.#readItem(item);
    return this.#items;
  }

  #readItem(item: string): void {
    const nth = this.#kind === weekday ? nthWeekday.exec(item) : null;
    const last = this.#kind === weekday ? lastWeekday.exec(item) : null;
    const values = nth === null && last === null ? this.#rangeOf(item) : null;
    if (nth !== null) this.#readNth(nth[1] ?? "", Number(nth[2]));
    else if (last !== null) this.#addNth(this.#single(last[1] ?? ""), "last");
    else if (values !== null) for (const value of values) this.#items.add(this.#checked(value));
    else if (item === "*") this.#items.add("*");
    else if (item === "l" && this.#kind === day) this.#items.add("last");
    else this.#items.add(this.#single(item));
  }

  #readNth(days: string, place: number): void {
    if (place < 1 || place > 5) throw new CronSyntax();
    for (const value of this.#rangeOf(days) ?? [this.#single(days)]) this.#addNth(value, place);
  }

  #addNth(value: number, place: number | "last"): void {
    this.#items.add(value);
    const places = this.#nth.get(value) ?? [];
    if (!places.includes(place)) places.push(place);
    this.#nth.set(value, places);
  }

  // A range, a range with a step, a star or a value with a step; null for other items.
  #rangeOf(item: string): number[] | null {
    const { min, max } = this.#kind;
    const found = range.exec(item.replace(/^\*(?=\/)/, `${min}-${max}`)) ?? range.exec(item.replace(stepped, `$1-${max}/$2`));
    if (found === null) return null;
    const [, lowText = "", highText = "", stepText = "1"] = found;
    const low = this.#number(lowText);
    const high = highText === "l" && this.#kind === day ? 31 : this.#number(highText);
    const step = Number(stepText);
    if (Math.max(low, high) > max || step === 0) throw new CronSyntax();
    return low > high ? this.#wrapped(low, high, step) : low === high ? series(min, max, step) : series(low, high, step);
  }

  // The second part of a wrapped range starts where croniter starts it, for some steps one later than continued counting gives.
  #wrapped(low: number, high: number, step: number): number[] {
    const { min, max } = this.#kind;
    const head = series(low, max, step);
    const last = head.at(-1) ?? low;
    const skip = last + step > max + 1 && max - last < step ? step - (max - last) : 0;
    return [...head, ...series(min + skip, high, step)];
  }

  #single(text: string): number {
    return this.#checked(this.#number(text));
  }

  #checked(value: number): number {
    if (value < this.#kind.min || value > this.#kind.max) throw new CronSyntax();
    return value;
  }

  #number(text: string): number {
    const value = digits.test(text) ? Number(text) : this.#kind.words.get(text);
    if (value === undefined) throw new CronSyntax();
    if (value === 7 && this.#kind === weekday && this.#fields === 5) return 0;
    return value === 0 && this.#kind === day && this.#fields === 6 ? 1 : value;
  }
}

function series(from: number, to: number, step: number): number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}
