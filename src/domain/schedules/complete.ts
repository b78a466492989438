import { defaultStart, formatWall, parseRules, zoneNamed } from "../../lib/recurrence/index.ts";
import { formatTime, type Micros } from "../../lib/time.ts";
import { defaultStartLine, hasStart, type Schedule, type StoredSchedule } from "../../schemas/schedules.ts";

const second = 1_000_000;
const periods = { SECONDLY: 1, MINUTELY: 60 };

/** Returns a schedule as it is stored: an interval gets an anchor (now, if none was sent), an RRULE a DTSTART. */
export function completeSchedule(schedule: Schedule, now: Micros): StoredSchedule {
  if ("interval" in schedule) return { ...schedule, anchor_date: schedule.anchor_date ?? formatTime(now) };
  if ("cron" in schedule || hasStart(schedule.rrule)) return schedule;
  return { ...schedule, rrule: startLine(schedule, now) + schedule.rrule };
}

function startLine({ rrule, timezone }: { rrule: string; timezone: string | null }, now: Micros): string {
  const outcome = parseRules(rrule);
  if ("error" in outcome || !outcome.rules.consistent) return "";
  const { rules, excluded_rules, dates, excluded_dates } = outcome.rules;
  const [rule] = rules;
  if (rule === undefined || rules.length + excluded_rules.length + dates.length + excluded_dates.length > 1)
    return defaultStartLine;
  if (rule.count !== null || (rule.frequency !== "SECONDLY" && rule.frequency !== "MINUTELY")) return defaultStartLine;
  // The reference iterates all dates since DTSTART, millions for one years ago; a recent DTSTART with the same phase gives the
  // same dates.
  const period = periods[rule.frequency] * rule.interval;
  const wall = Math.floor(zoneNamed(timezone).wall(now) / second);
  const start = defaultStart + Math.max(0, Math.floor((wall - defaultStart) / period)) * period;
  return `DTSTART:${formatWall(start * second)
    .replaceAll(/[-:]/g, "")
    .replace(" ", "T")}\n`;
}
