import { Effort, effortOf } from "../../lib/recurrence/index.ts";
import type { Micros } from "../../lib/time.ts";
import type { StoredSchedule } from "../../schemas/schedules.ts";
import { scheduleDates } from "./dates.ts";

/**
 * Returns why schedules are refused, null if they are accepted: the next date of each must be found within the effort of one
 * search, and of all of them together. A schedule without further dates is accepted.
 */
export function refusalOfSchedules(schedules: readonly StoredSchedule[], now: Micros): string | null {
  const together = new Effort(effortOf.together);
  for (const schedule of schedules) {
    const effort = new Effort(effortOf.search, together);
    const [date] = scheduleDates({ schedule, start: now, limit: 1, effort });
    if (date === undefined && effort.isSpent) return refusalOf(schedule);
  }
  return null;
}

function refusalOf(schedule: StoredSchedule): string {
  const text = "rrule" in schedule ? schedule.rrule : "cron" in schedule ? schedule.cron : String(schedule.interval);
  return `Value error, Invalid schedule "${text.slice(0, 40)}...": no date found within ${effortOf.search} steps`;
}
