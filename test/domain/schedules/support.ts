import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as z from "zod";
import { completeSchedule, scheduleDates } from "../../../src/domain/schedules/index.ts";
import { formatTime, type Micros, parseTime } from "../../../src/lib/time.ts";
import { type StoredSchedule, schedule as wireSchedule } from "../../../src/schemas/schedules.ts";

/** Reads a list of recorded cases. */
export const fixture = <T extends z.ZodType>(name: string, shape: T): z.output<T> =>
  shape.parse(JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8")));

/** Returns the microseconds of a time that is known to be one. */
export function at(text: string): Micros {
  const value = parseTime(text);
  if (value === null) throw new Error(`no time: ${text}`);
  return value;
}

/** Returns a schedule as it is stored after being sent at a time. */
export const stored = (sent: unknown, now = at("2019-06-01T00:00:00Z")): StoredSchedule =>
  completeSchedule(wireSchedule.parse(sent), now);

/** Returns times as they stand in the recorded cases. */
export const texts = (dates: Iterable<Micros>): string[] => [...dates].map((date) => formatTime(date).replace(".000000Z", "Z"));

/** Returns the dates of a schedule in a window. */
export const datesOf = (sent: unknown, start: string, end: string | null, limit?: number): string[] =>
  texts(scheduleDates({ schedule: stored(sent), start: at(start), end: end === null ? null : at(end), limit }));
