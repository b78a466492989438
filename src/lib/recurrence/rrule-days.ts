import { civilDate, dayNumber, daysInMonth, isLeapYear, modulo, weekdayOf } from "./calendar.ts";
import type { ListName, Rule } from "./rrule-text.ts";

/** The days that a rule allows; lists that the rule leaves out are derived from its start. */
export interface DayRules {
  readonly frequency: Rule["frequency"];
  readonly week_start: number;
  readonly months: ReadonlySet<number>;
  readonly month_days: ReadonlySet<number>;
  readonly year_days: ReadonlySet<number>;
  readonly week_numbers: ReadonlySet<number>;
  readonly easter_days: ReadonlySet<number> | null;
  readonly weekdays: ReadonlySet<number>;
  /** Weekdays with a position in their month or year; if both kinds are given, a day has to match both. */
  readonly places: ReadonlySet<string>;
}

const placeKey = (weekday: number, place: number): string => `${weekday}:${place}`;
// A day is at most this far from the beginning or end of the two years that a rule's year touches.
const farthestDay = 800;

const dayLists: readonly ListName[] = ["BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYEASTER"];

/** Returns the day rules of a rule that starts on a day. */
export function dayRules(rule: Rule, startDay: number): DayRules {
  const { lists, frequency, by_weekday } = rule;
  const { month, day } = civilDate(startDay);
  const open = by_weekday === null && dayLists.every((name) => lists[name] === undefined);
  const ofStart = (...of: Rule["frequency"][]) => open && of.includes(frequency);
  const placed = frequency === "YEARLY" || frequency === "MONTHLY";
  const weekdays = by_weekday ?? (ofStart("WEEKLY") ? [{ weekday: weekdayOf(startDay), place: 0 }] : []);
  return {
    frequency,
    week_start: rule.week_start,
    months: new Set(lists.BYMONTH ?? (ofStart("YEARLY") ? [month] : [])),
    month_days: new Set((lists.BYMONTHDAY ?? (ofStart("YEARLY", "MONTHLY") ? [day] : [])).filter((value) => value !== 0)),
    year_days: new Set(lists.BYYEARDAY),
    week_numbers: new Set(lists.BYWEEKNO),
    easter_days: lists.BYEASTER === undefined ? null : new Set(lists.BYEASTER.filter((days) => Math.abs(days) <= farthestDay)),
    weekdays: new Set(weekdays.filter(({ place }) => place === 0 || !placed).map(({ weekday }) => weekday)),
    places: new Set(weekdays.filter(({ place }) => place !== 0 && placed).map(({ weekday, place }) => placeKey(weekday, place))),
  };
}

/** One year of a rule. Its days count from 0 and continue into the first week of the next year. */
export class RuleYear {
  readonly year: number;
  readonly first: number;
  readonly length: number;
  readonly #rules: DayRules;
  readonly #weeks: ReadonlySet<number> | null;
  readonly #easter: ReadonlySet<number> | null;

  constructor(year: number, rules: DayRules) {
    this.year = year;
    this.first = dayNumber(year, 1, 1);
    this.length = isLeapYear(year) ? 366 : 365;
    this.#rules = rules;
    this.#weeks = rules.week_numbers.size > 0 ? this.#daysOfWeeks() : null;
    this.#easter = rules.easter_days === null ? null : this.#daysAroundEaster(rules.easter_days);
  }

  /** Returns whether the rule allows a day of this year. */
  allows(index: number): boolean {
    const { months, month_days, year_days, weekdays, places } = this.#rules;
    const number = this.first + index;
    if (weekdays.size > 0 && !weekdays.has(weekdayOf(number))) return false;
    if (this.#weeks !== null && !this.#weeks.has(index)) return false;
    if (this.#easter !== null && !this.#easter.has(index)) return false;
    if (months.size + month_days.size + year_days.size + places.size === 0) return true;
    const { year, month, day } = civilDate(number);
    if (months.size > 0 && !months.has(month)) return false;
    if (places.size > 0 && !this.#hasPlace(number, month)) return false;
    const length = daysInMonth(year, month);
    if (month_days.size > 0 && !month_days.has(day) && !month_days.has(day - length - 1)) return false;
    return year_days.size === 0 || this.#isYearDay(index);
  }

  #isYearDay(index: number): boolean {
    const { year_days } = this.#rules;
    const [day, length] =
      index < this.length ? [index, this.length] : [index - this.length, isLeapYear(this.year + 1) ? 366 : 365];
    return year_days.has(day + 1) || year_days.has(day - length);
  }

  // Positions are counted in the month, in a yearly rule without BYMONTH in the year.
  #hasPlace(number: number, month: number): boolean {
    const { frequency, months, places } = this.#rules;
    const inYear = frequency === "YEARLY" && months.size === 0;
    const first = inYear ? this.first : dayNumber(this.year, month, 1);
    const length = inYear ? this.length : daysInMonth(this.year, month);
    const fromFirst = Math.floor((number - first) / 7) + 1;
    const fromLast = -Math.floor((first + length - 1 - number) / 7) - 1;
    const weekday = weekdayOf(number);
    return places.has(placeKey(weekday, fromFirst)) || places.has(placeKey(weekday, fromLast));
  }

  // Week 1 is the first with four days of the year. The last days of December may belong to week 1 of the next year (which only
  // `1` names), the first of January to the last week of the year before.
  #daysOfWeeks(): Set<number> {
    const { week_numbers, week_start } = this.#rules;
    const days = new Set<number>();
    const lead = modulo(week_start - weekdayOf(this.first), 7);
    const firstWeek = lead >= 4 ? lead - 7 : lead;
    const weeks = countWeeks(this.length - firstWeek);
    const addWeek = (start: number) => {
      for (let index = Math.max(start, 0); index < start + 7; index += 1) days.add(index);
    };
    for (const number of week_numbers) {
      const week = number < 0 ? number + weeks + 1 : number;
      if (week >= 1 && week <= weeks) addWeek(firstWeek + (week - 1) * 7);
    }
    const nextFirst = firstWeek + weeks * 7;
    if (week_numbers.has(1) && nextFirst < this.length) addWeek(nextFirst);
    if (firstWeek > 0 && (week_numbers.has(-1) || week_numbers.has(this.#lastWeekBefore(firstWeek))))
      for (let index = 0; index < firstWeek; index += 1) days.add(index);
    return days;
  }

  // As in dateutil, which uses the length of this year instead of the last one's if that began within its first week.
  #lastWeekBefore(firstWeek: number): number {
    const { week_start } = this.#rules;
    const length = isLeapYear(this.year - 1) ? 366 : 365;
    const weekday = weekdayOf(this.first - length);
    if (modulo(week_start - weekday, 7) < 4) return 52 + Math.floor(modulo(this.length - firstWeek, 7) / 4);
    return 52 + Math.floor(modulo(length + modulo(weekday - week_start, 7), 7) / 4);
  }

  // Days before January count from the end of the longer list of days, as in dateutil.
  #daysAroundEaster(offsets: ReadonlySet<number>): Set<number> {
    const easter = easterOf(this.year) - this.first;
    return new Set([...offsets].map((offset) => (easter + offset < 0 ? easter + offset + this.length + 7 : easter + offset)));
  }
}

const countWeeks = (days: number): number => Math.floor(days / 7) + Math.floor((days % 7) / 4);

// Meeus, Jones, Butcher.
function easterOf(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const rest = year % 100;
  const correction = Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const moon = modulo(19 * golden + century - Math.floor(century / 4) - correction + 15, 30);
  const sunday = modulo(32 + 2 * (century % 4) + 2 * Math.floor(rest / 4) - moon - (rest % 4), 7);
  const late = Math.floor((golden + 11 * moon + 22 * sunday) / 451);
  const days = moon + sunday - 7 * late + 114;
  return dayNumber(year, Math.floor(days / 31), (days % 31) + 1);
}
