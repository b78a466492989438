/** A day as the number of days since 1970-01-01. */
export type DayNumber = number;

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const daysOf400Years = 146_097;
// Years counted from March have their leap day at the end; day 0 of that count is 0000-03-01.
const marchEpoch = -719_468;

/** Returns the number of a day of the Gregorian calendar (months 1–12). */
export function dayNumber(year: number, month: number, day: number): DayNumber {
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysOf400Years + dayOfEra + marchEpoch;
}

/** Returns the date of a day number. */
export function civilDate(number: DayNumber): CivilDate {
  const shifted = number - marchEpoch;
  const era = Math.floor(shifted / daysOf400Years);
  const dayOfEra = shifted - era * daysOf400Years;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

export const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Returns the number of days of a month (1–12). */
export const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeapYear(year) ? 29 : (monthLengths[month - 1] ?? 0);

/** Returns the remainder with the sign of the divisor. */
export const modulo = (value: number, divisor: number): number => value - divisor * Math.floor(value / divisor);

/** Returns the weekday of a day, Monday 0. */
export const weekdayOf = (number: DayNumber): number => modulo(number + 3, 7);

const two = (value: number) => String(value).padStart(2, "0");

/** Returns `2035-01-31 09:00:00` with microseconds only if there are any, of wall clock microseconds. */
export function formatWall(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const rest = micros - seconds * 1_000_000;
  const { year, month, day } = civilDate(Math.floor(seconds / 86_400));
  const time = modulo(seconds, 86_400);
  const clock = `${two(Math.floor(time / 3600))}:${two(Math.floor(time / 60) % 60)}:${two(time % 60)}`;
  const fraction = rest === 0 ? "" : `.${String(rest).padStart(6, "0")}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${clock}${fraction}`;
}

/** Returns `+05:30`, with seconds only if there are any. */
export function formatOffset(micros: number): string {
  const seconds = Math.round(Math.abs(micros) / 1_000_000);
  const rest = seconds % 60 === 0 ? "" : `:${two(seconds % 60)}`;
  return `${micros < 0 ? "-" : "+"}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}${rest}`;
}
