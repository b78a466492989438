/**
 * The dates of cron expressions (croniter), of recurrence rules (RFC 5545 as python-dateutil reads it) and of intervals, in local time
 * with its clock changes. Every search is bounded in steps (`effort.ts`).
 * Leaves out croniter's hashed and random expressions, which the reference refuses too.
 */
export { formatOffset, formatWall } from "./calendar.ts";
export { cronDates } from "./cron.ts";
export { parseCron } from "./cron-text.ts";
export { Effort, effortOf } from "./effort.ts";
export { intervalDates } from "./interval.ts";
export { rruleDates } from "./rrule.ts";
export { defaultStart, parseRules } from "./rrule-text.ts";
export { type Zone, zoneNamed } from "./zone.ts";
export { isZoneName } from "./zone-names.ts";
