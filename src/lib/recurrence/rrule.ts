import type { Micros } from "../time.ts";
import { civilDate, dayNumber, daysInMonth, modulo, weekdayOf } from "./calendar.ts";
import type { Effort } from "./effort.ts";
import { dayRules, RuleYear } from "./rrule-days.ts";
import { defaultStart, type Rule, type RuleSet, type WallSeconds } from "./rrule-text.ts";
import type { Zone } from "./zone.ts";

const second = 1_000_000;
const daySeconds = 86_400;
const lastYear = 9999;

/** A window in wall clock time; a generator may begin before `from`, and ends soon after `to`. */
interface Reach {
  readonly from: WallSeconds;
  readonly to: WallSeconds;
  readonly effort: Effort;
}

/**
 * Yields, from `start` on and in wall clock order, the instants of the rules and dates without the excluded ones. Ends after
 * `end`, or when the effort is spent: every examined day, period and time costs, also excluded ones.
 */
export function* rruleDates(
  { rules, zone }: { rules: RuleSet; zone: Zone },
  { start, end, effort }: { start: Micros; end: Micros | null; effort: Effort },
): Generator<Micros> {
  if (!rules.consistent) return;
  const reach: Reach = {
    from: Math.floor(zone.wall(start) / second),
    to: end === null ? Infinity : Math.floor(zone.wall(end) / second) + daySeconds,
    effort,
  };
  for (const wall of wallTimes(rules, reach)) {
    const date = zone.instant(wall * second, "back/first");
    if (date >= start) yield date;
  }
}

function* wallTimes(set: RuleSet, reach: Reach): Generator<WallSeconds> {
  const start = set.start ?? defaultStart;
  const times = (rules: readonly Rule[], dates: readonly WallSeconds[]) =>
    merged([...rules.map((rule) => ruleTimes(rule, start, reach)), ascending(dates)], reach.effort);
  const included = times(set.rules, set.dates);
  const excluded = times(set.excluded_rules, set.excluded_dates);
  let next = excluded.next();
  for (const wall of included) {
    while (!next.done && next.value < wall) next = excluded.next();
    if (next.done || next.value !== wall) yield wall;
  }
}

const ascending = (values: readonly WallSeconds[]) => [...values].sort((a, b) => a - b).values();

/** Merges ascending sequences without duplicates. */
function* merged(sources: readonly Iterator<WallSeconds>[], effort: Effort): Generator<WallSeconds> {
  const heads = sources.map((source) => ({ source, next: source.next() }));
  while (effort.spend(heads.length)) {
    let least = Infinity;
    for (const { next } of heads) if (!next.done && next.value < least) least = next.value;
    if (least === Infinity) return;
    yield least;
    for (const head of heads) while (!head.next.done && head.next.value <= least) head.next = head.source.next();
  }
}

/** Yields the times of one rule; with COUNT from its start, else from about `from` on. */
function* ruleTimes(rule: Rule, start: WallSeconds, reach: Reach): Generator<WallSeconds> {
  const until = Math.min(rule.until ?? Infinity, reach.to, lastOfPlainCount(rule, start) ?? Infinity);
  const counted = rule.count !== null && lastOfPlainCount(rule, start) === null;
  const from = counted ? start : Math.max(start, reach.from);
  let left = counted ? (rule.count ?? 0) : Infinity;
  const periods = isWithinDay(rule) ? timesWithinDays : timesOfDays;
  for (const wall of periods(rule, start, { ...reach, from, to: until })) {
    if (wall > until || left <= 0 || !reach.effort.spend(1)) return;
    if (wall < start) continue;
    left -= 1;
    if (wall >= reach.from) yield wall;
  }
}

const isWithinDay = ({ frequency }: Rule): boolean =>
  frequency === "HOURLY" || frequency === "MINUTELY" || frequency === "SECONDLY";

const plainUnits: Partial<Record<Rule["frequency"], number>> = {
  WEEKLY: 7 * daySeconds,
  DAILY: daySeconds,
  HOURLY: 3600,
  MINUTELY: 60,
  SECONDLY: 1,
};

/** Returns the last time of a rule whose COUNT needs no iteration; null for other rules. */
function lastOfPlainCount({ frequency, interval, count, by_weekday, lists }: Rule, start: WallSeconds): WallSeconds | null {
  const unit = plainUnits[frequency];
  if (count === null || unit === undefined || by_weekday !== null || Object.keys(lists).length > 0) return null;
  return start + (count - 1) * interval * unit;
}

/** Yields the times of a rule whose periods are days or longer. */
function* timesOfDays(rule: Rule, start: WallSeconds, reach: Reach): Generator<WallSeconds> {
  const startDay = Math.floor(start / daySeconds);
  const rules = dayRules(rule, startDay);
  const times = timesOfDay(rule, start);
  const positions = rule.lists.BYSETPOS;
  const fromDay = Math.floor(reach.from / daySeconds);
  let year = new RuleYear(civilDate(startDay).year, rules);
  for (const { first, last } of periods(rule, startDay, fromDay)) {
    if (first * daySeconds > reach.to) return;
    const firstYear = civilDate(first).year;
    if (firstYear > lastYear) return;
    if (firstYear !== year.year) year = new RuleYear(firstYear, rules);
    const days: number[] = [];
    for (let day = first; day <= last; day += 1) if (year.allows(day - year.first)) days.push(day);
    if (!reach.effort.spend(1 + last - first + days.length + (positions?.length ?? 0))) return;
    if (positions !== undefined) yield* atPositions(days, times, positions);
    else for (const day of days) if (day >= fromDay) yield* timesFrom(day * daySeconds, times, reach.from);
  }
}

/** Yields the times of a day from the first one that is not before `from`. */
function* timesFrom(midnight: WallSeconds, times: readonly number[], from: WallSeconds): Generator<WallSeconds> {
  const first = midnight >= from ? 0 : times.findIndex((time) => midnight + time >= from);
  if (first >= 0) for (let index = first; index < times.length; index += 1) yield midnight + (times[index] ?? 0);
}

/** Yields the periods of a rule as first and last day, from the one that contains `fromDay` on. */
function* periods(rule: Rule, startDay: number, fromDay: number): Generator<{ first: number; last: number }> {
  const { interval } = rule;
  const begin = civilDate(startDay);
  const from = civilDate(Math.max(fromDay, startDay));
  const months = (from.year - begin.year) * 12 + from.month - begin.month;
  const week = startDay - modulo(weekdayOf(startDay) - rule.week_start, 7);
  const passed = {
    YEARLY: from.year - begin.year,
    MONTHLY: months,
    WEEKLY: Math.floor((fromDay - week) / 7),
    DAILY: fromDay - startDay,
  };
  const skipped = (frequency: keyof typeof passed) => Math.max(0, Math.floor(passed[frequency] / interval)) * interval;
  if (rule.frequency === "YEARLY") {
    for (let year = begin.year + skipped("YEARLY"); ; year += interval)
      yield { first: dayNumber(year, 1, 1), last: dayNumber(year, 12, 31) };
  } else if (rule.frequency === "MONTHLY") {
    for (let month = begin.year * 12 + begin.month - 1 + skipped("MONTHLY"); ; month += interval) {
      const [year, ofYear] = [Math.floor(month / 12), (month % 12) + 1];
      const first = dayNumber(year, ofYear, 1);
      yield { first, last: first + daysInMonth(year, ofYear) - 1 };
    }
  } else if (rule.frequency === "WEEKLY") {
    // The first week begins with the start, which affects BYSETPOS.
    for (let first = week + skipped("WEEKLY") * 7; ; first += interval * 7)
      yield { first: Math.max(first, startDay), last: first + 6 };
  } else {
    for (let day = startDay + skipped("DAILY"); ; day += interval) yield { first: day, last: day };
  }
}

/** Returns the times of day of a rule, in seconds, ascending. */
function timesOfDay({ lists }: Rule, start: WallSeconds): number[] {
  const time = modulo(start, daySeconds);
  const hours = within(lists.BYHOUR, 24) ?? [Math.floor(time / 3600)];
  const rests = timesOfHour(lists, time);
  return hours.flatMap((hour) => rests.map((rest) => hour * 3600 + rest));
}

function timesOfHour(lists: Rule["lists"], time: number): number[] {
  const minutes = within(lists.BYMINUTE, 60) ?? [Math.floor(time / 60) % 60];
  const rests = timesOfMinute(lists, time);
  return minutes.flatMap((minute) => rests.map((rest) => minute * 60 + rest));
}

const timesOfMinute = (lists: Rule["lists"], time: number): number[] => within(lists.BYSECOND, 60) ?? [time % 60];

/** Returns the values from 0 to below `size`, ascending and without duplicates. */
const within = (values: readonly number[] | undefined, size: number): number[] | undefined =>
  values === undefined ? undefined : [...new Set(values)].filter((value) => value >= 0 && value < size).sort((a, b) => a - b);

/** Returns the times at positions (from 1, or from -1 backwards) among the times of a period. */
function atPositions(days: readonly number[], times: readonly number[], positions: readonly number[]): WallSeconds[] {
  const found = new Set<WallSeconds>();
  if (times.length === 0) return [];
  for (const position of positions) {
    const index = position > 0 ? position - 1 : days.length * times.length + position;
    const [day, time] = [days[Math.floor(index / times.length)], times[modulo(index, times.length)]];
    if (day !== undefined && time !== undefined) found.add(day * daySeconds + time);
  }
  return [...found].sort((a, b) => a - b);
}

/** Yields the times of a rule with a period of hours, minutes or seconds. */
function* timesWithinDays(rule: Rule, start: WallSeconds, reach: Reach): Generator<WallSeconds> {
  const { lists, frequency } = rule;
  const unit = plainUnits[frequency] ?? 1;
  const stride = rule.interval * unit;
  const begin = Math.floor(start / unit) * unit;
  const aligned = (time: number) => begin + Math.max(0, Math.ceil((time - begin) / stride)) * stride;
  const rules = dayRules(rule, Math.floor(start / daySeconds));
  const rests = restsOfPeriod(rule, modulo(start, daySeconds));
  const skip = clockFilter(lists, unit);
  let year = new RuleYear(civilDate(Math.floor(start / daySeconds)).year, rules);
  let period = aligned(reach.from - unit + 1);
  while (period <= reach.to && reach.effort.spend(1)) {
    const day = Math.floor(period / daySeconds);
    if (day < year.first || day >= year.first + year.length) year = new RuleYear(civilDate(day).year, rules);
    if (year.year > lastYear) return;
    const later = year.allows(day - year.first) ? skip(period) : (day + 1) * daySeconds;
    if (later > period) {
      period = aligned(later);
      continue;
    }
    for (const rest of rests) yield period + rest;
    period += stride;
  }
}

/** Returns the offsets in seconds of its times from the beginning of an hour, minute or second. */
function restsOfPeriod({ frequency, lists }: Rule, time: number): number[] {
  const rests = frequency === "HOURLY" ? timesOfHour(lists, time) : frequency === "MINUTELY" ? timesOfMinute(lists, time) : [0];
  return lists.BYSETPOS === undefined ? rests : atPositions([0], rests, lists.BYSETPOS);
}

/** Returns a function from a time to the next time whose hour, minute and second are allowed; the same time if it is. */
function clockFilter({ BYHOUR, BYMINUTE, BYSECOND }: Rule["lists"], unit: number): (time: number) => number {
  const [hours, minutes, seconds] = [BYHOUR, BYMINUTE, BYSECOND].map((list) => list && new Set(list));
  return (time) => {
    const ofDay = modulo(time, daySeconds);
    if (hours !== undefined && !hours.has(Math.floor(ofDay / 3600))) return time + 3600 - (ofDay % 3600);
    if (unit < 3600 && minutes !== undefined && !minutes.has(Math.floor(ofDay / 60) % 60)) return time + 60 - (ofDay % 60);
    return unit < 60 && seconds !== undefined && !seconds.has(ofDay % 60) ? time + 1 : time;
  };
}
