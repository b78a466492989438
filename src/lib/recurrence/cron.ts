import type { Micros } from "../time.ts";
import { civilDate, dayNumber, daysInMonth, modulo, weekdayOf } from "./calendar.ts";
import type { CronPlan, CronValues } from "./cron-text.ts";
import type { Effort } from "./effort.ts";
import type { WallSeconds } from "./rrule-text.ts";
import type { Zone } from "./zone.ts";

const second = 1_000_000;
const daySeconds = 86_400;
const patience = 50;

/** Which of the two day fields restrict a date. */
interface DayTest {
  readonly by_day: boolean;
  readonly by_weekday: boolean;
}

interface CronSearch {
  readonly plan: CronPlan;
  readonly day_or: boolean;
  readonly zone: Zone;
}

/**
 * Yields, from a start on, the instants of the wall times that match a plan. A time skipped by the clock is shifted by the gap, a
 * repeated one is its first occurrence. Ends after 50 years without a match, or when the effort is spent. With `day_or` one of
 * two restricted day fields has to match, else both.
 */
export function* cronDates(search: CronSearch, { start, effort }: { start: Micros; effort: Effort }): Generator<Micros> {
  const { zone } = search;
  const change = zone.changeBefore(start + second);
  const shift = change === null ? 0 : zone.offset(change) - zone.offset(change - second);
  const since = change === null ? Infinity : start - change;
  const wall = zone.wall(start);
  // In the second pass of a repeated hour all its times are past. After a gap, times shifted by it may still follow.
  const isRepeated = since < -shift;
  const from = change !== null && isRepeated ? zone.wall(change) - shift : wall;
  const found = instantsAfter(search, { after: before(from), effort });
  const moved =
    change !== null && since < shift
      ? instantsAfter(search, { after: before(wall) - shift / second, end: zone.wall(change) / second, effort })
      : [];
  for (const date of merged(moved, found)) if (date >= start) yield date;
}

// One second earlier, so that the start itself can match; a start with a fraction is between two seconds.
const before = (wall: Micros): WallSeconds => Math.ceil(wall / second) - 1;

interface Stretch {
  readonly after: WallSeconds;
  readonly end?: WallSeconds;
  readonly effort: Effort;
}

function* instantsAfter({ plan, day_or, zone }: CronSearch, { after, end = Infinity, effort }: Stretch): Generator<Micros> {
  const next = (wall: WallSeconds) => nextWall({ plan, dayOr: day_or, effort }, wall);
  for (let wall = next(after); wall !== null && wall < end; wall = next(wall)) yield zone.instant(wall * second, "on/first");
}

/** Merges two ascending sequences; the first is short. */
function* merged(few: Iterable<Micros>, many: Iterable<Micros>): Generator<Micros> {
  const waiting = [...few];
  for (const date of many) {
    while (waiting[0] !== undefined && waiting[0] <= date) yield waiting.shift() ?? date;
    yield date;
  }
  yield* waiting;
}

interface Search {
  readonly plan: CronPlan;
  readonly dayOr: boolean;
  readonly effort: Effort;
}

function nextWall({ plan, dayOr, effort }: Search, after: WallSeconds): WallSeconds | null {
  const by = (test: DayTest) => search({ plan, test, effort }, after);
  if (!dayOr || plan.days === null || plan.weekdays === null) return by({ by_day: plan.days !== null, by_weekday: true });
  // The positions of weekdays apply in both cases.
  const byDay = by({ by_day: true, by_weekday: plan.nth_weekdays !== null });
  const byWeekday = by({ by_day: false, by_weekday: true });
  return byDay === null || byWeekday === null ? null : Math.min(byDay, byWeekday);
}

function search(
  { plan, test, effort }: { plan: CronPlan; test: DayTest; effort: Effort },
  after: WallSeconds,
): WallSeconds | null {
  const from = plan.by_minute ? (Math.floor(after / 60) + 1) * 60 : after + 1;
  let day = Math.floor(from / daySeconds);
  let time = modulo(from, daySeconds);
  const lastYear = civilDate(day).year + patience;
  while (effort.spend(1)) {
    const later = laterDay(plan, test, day);
    if (later === null) return null;
    if (later !== day) {
      if (civilDate(later).year > lastYear) return null;
      [day, time] = [later, 0];
      continue;
    }
    const found = nextTime(plan, time);
    if (found !== null) return day * daySeconds + found;
    [day, time] = [day + 1, 0];
  }
  return null;
}

/** Returns the day if it matches, else a later one before which no day matches; null after the last year. */
function laterDay(plan: CronPlan, test: DayTest, number: number): number | null {
  const { year, month, day } = civilDate(number);
  const nextYear = plan.years === null ? year : atLeast(plan.years, year);
  if (nextYear === null) return null;
  if (nextYear !== year) return dayNumber(nextYear, 1, 1);
  const nextMonth = plan.months === null ? month : atLeast(plan.months, month);
  if (nextMonth === null) return dayNumber(year + 1, plan.months?.[0] ?? 1, 1);
  if (nextMonth !== month) return dayNumber(year, nextMonth, 1);
  if (test.by_day) {
    const wait = daysToDay(plan, day, daysInMonth(year, month));
    if (wait > 0) return number + wait;
  }
  if (!test.by_weekday) return number;
  if (plan.nth_weekdays !== null) return nthWeekday(plan.nth_weekdays, number);
  if (plan.weekdays === null) return number;
  const today = modulo(weekdayOf(number) + 1, 7);
  return number + (atLeast(plan.weekdays, today) ?? (plan.weekdays[0] ?? 0) + 7) - today;
}

// A listed day beyond the end of a short month is searched in the next month, before the last day is checked.
function daysToDay({ days, last_day }: CronPlan, day: number, length: number): number {
  if (days === null || (last_day && day === length)) return 0;
  const listed = atLeast(days, day);
  if (listed !== null) return listed - day;
  return last_day ? length - day : (days[0] ?? 1) - day + length;
}

function nthWeekday(places: ReadonlyMap<number, readonly (number | "last")[]>, number: number): number {
  const { year, month, day } = civilDate(number);
  const first = dayNumber(year, month, 1);
  const length = daysInMonth(year, month);
  let best = length + 1;
  for (const [weekday, list] of places) {
    const earliest = 1 + modulo(weekday - weekdayOf(first) - 1, 7);
    const latest = earliest + Math.floor((length - earliest) / 7) * 7;
    for (const place of list) {
      const candidate = place === "last" ? latest : earliest + (place - 1) * 7;
      if (candidate >= day && candidate <= latest) best = Math.min(best, candidate);
    }
  }
  return first + best - 1;
}

/** Returns the first matching time of a day from `time` on; null if there is none. */
function nextTime({ hours, minutes, seconds, by_minute }: CronPlan, time: number): number | null {
  const second = by_minute ? 0 : time % 60;
  const secondOfMinute = by_minute ? 0 : atLeast(seconds, second);
  const firstSecond = by_minute ? 0 : (seconds?.[0] ?? 0);
  let hour = Math.floor(time / 3600);
  let minute: number | null = Math.floor(time / 60) % 60;
  const startHour = atLeast(hours, hour);
  if (startHour === null) return null;
  if (startHour === hour) {
    const startMinute: number | null = atLeast(minutes, minute);
    if (startMinute === minute && secondOfMinute !== null) return hour * 3600 + minute * 60 + secondOfMinute;
    minute = startMinute === minute ? atLeast(minutes, minute + 1) : startMinute;
    if (minute !== null && minute < 60) return hour * 3600 + minute * 60 + firstSecond;
    const nextHour = atLeast(hours, hour + 1);
    if (nextHour === null || nextHour > 23) return null;
    hour = nextHour;
  } else hour = startHour;
  return hour * 3600 + (minutes?.[0] ?? 0) * 60 + firstSecond;
}

/** Returns the first allowed value from `value` on, null if there is none. */
function atLeast(values: CronValues, value: number): number | null {
  if (values === null) return value;
  for (const allowed of values) if (allowed >= value) return allowed;
  return null;
}
