import { formatOffset, formatWall, zoneNamed } from "../../lib/recurrence/index.ts";
import type { Micros } from "../../lib/time.ts";
import type { Schedule } from "../../schemas/schedules.ts";

export { Effort, effortOf } from "../../lib/recurrence/index.ts";
export { refusalOfSchedules } from "./check.ts";
export { completeSchedule } from "./complete.ts";
export { datesToSchedule, type RunLimits, type ScheduleWindow, scheduleDates } from "./dates.ts";
export { nextCreationTime } from "./next-creation.ts";

/**
 * Returns the idempotency key of a schedule's run for a date (`prefect/server/models/deployments.py
 * _generate_scheduled_flow_runs`).
 */
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

/** Returns the reference's class name of a schedule: `created_by` of its runs shows it where the schedule has no slug. */
export function scheduleClassName(schedule: Schedule): "IntervalSchedule" | "CronSchedule" | "RRuleSchedule" {
  if ("interval" in schedule) return "IntervalSchedule";
  return "cron" in schedule ? "CronSchedule" : "RRuleSchedule";
}
