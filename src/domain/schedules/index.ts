import { formatOffset, formatWall, zoneNamed } from "../../lib/recurrence/index.ts";
import type { Micros } from "../../lib/time.ts";
import type { Schedule } from "../../schemas/schedules.ts";

export { Effort, effortOf } from "../../lib/recurrence/index.ts";
export { refusalOfSchedules } from "./check.ts";
export { completeSchedule } from "./complete.ts";
export { datesToSchedule, type RunLimits, type ScheduleWindow, scheduleDates } from "./dates.ts";
export { nextMaking } from "./making.ts";

/** Returns the idempotency key of the run that a schedule makes for a date. */
export function scheduledRunKey({
  deployment_id,
  schedule_id,
  date,
  timezone,
}: {
  deployment_id: string;
  schedule_id: string;
  date: Micros;
  timezone: string | null;
}): string {
  const offset = zoneNamed(timezone).offset(date);
  return `scheduled ${deployment_id} ${schedule_id} ${formatWall(date + offset)}${formatOffset(offset)}`;
}

/** Returns the class name that stands for a schedule without a slug where it is the creator of a run. */
export function scheduleClassName(schedule: Schedule): "IntervalSchedule" | "CronSchedule" | "RRuleSchedule" {
  if ("interval" in schedule) return "IntervalSchedule";
  return "cron" in schedule ? "CronSchedule" : "RRuleSchedule";
}
