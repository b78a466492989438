import * as z from "zod";
import { isZoneName, parseCron, parseRules } from "../lib/recurrence/index.ts";
import { formatTime, parseTime } from "../lib/time.ts";
import { boolean, lenient } from "./common.ts";
import { duration } from "./durations.ts";

/** The line that is put before an RRULE without DTSTART. */
export const defaultStartLine = "DTSTART:20200101T000000\n";

const longestRule = 6500;

const invalid = (message: string) => ({ type: "value_error", message: `Value error, ${message}` });
const noText = { type: "string_type", message: "Input should be a valid string" };

const zoneName = ({ empty }: { empty: boolean }) =>
  lenient<string>({ type: "string" }, (input) => {
    if (typeof input !== "string") return noText;
    if (isZoneName(input) || (empty && input === "")) return { value: input };
    return invalid(`Invalid timezone: "${input}" (specify in IANA tzdata format, for example, America/New_York)`);
  });

const interval = duration((micros) => (micros > 0 ? null : invalid("interval must be positive")));

const anchorDate = lenient<string>({ type: "string", format: "date-time" }, (input) => {
  const micros = typeof input === "string" || typeof input === "number" ? parseTime(input) : null;
  return micros === null ? invalid("value is not a valid datetime") : { value: formatTime(micros) };
});

const cron = lenient<string>({ type: "string" }, (input) => {
  if (typeof input !== "string") return noText;
  const outcome = parseCron(input);
  return "error" in outcome ? invalid(outcome.error) : { value: input };
});

const rrule = lenient<string>({ type: "string" }, (input) => {
  if (typeof input !== "string") return noText;
  if (input.length > longestRule) return tooLong(input, input.length);
  const outcome = parseRules(input);
  if ("error" in outcome) return invalid(`Invalid RRule string "${input}": ${outcome.error}`);
  const length = hasStart(input) || !outcome.rules.consistent ? input.length : input.length + defaultStartLine.length;
  return length <= longestRule ? { value: input } : tooLong(input, length);
});

const tooLong = (text: string, length: number) =>
  invalid(`Invalid RRule string "${text.slice(0, 40)}..."\nMax length is ${longestRule}, got ${length}`);

/** Returns whether an RRULE's text has a DTSTART. */
export const hasStart = (text: string): boolean => text.toUpperCase().includes("DTSTART");

/** Dates at a whole number of intervals (seconds) from an anchor, by default the time of the request. */
export const intervalSchedule = z
  .strictObject({
    interval,
    anchor_date: anchorDate.optional(),
    timezone: zoneName({ empty: true })
      .nullish()
      .transform((name) => name ?? "UTC"),
  })
  .register(z.globalRegistry, { id: "IntervalSchedule" });

/** Dates that match a cron expression in a time zone. */
export const cronSchedule = z
  .strictObject({
    cron,
    timezone: zoneName({ empty: true }).nullable().default(null),
    day_or: boolean().default(true),
  })
  .register(z.globalRegistry, { id: "CronSchedule" });

/** Dates of recurrence rules (RFC 5545) in a time zone. */
export const rruleSchedule = z
  .strictObject({
    rrule,
    timezone: zoneName({ empty: false }).nullable().default("UTC"),
  })
  .register(z.globalRegistry, { id: "RRuleSchedule" });

/** A schedule as a client sends it, with the defaults that do not depend on the time. */
export const schedule = z.union([intervalSchedule, cronSchedule, rruleSchedule]);

export type IntervalSchedule = z.output<typeof intervalSchedule>;
export type CronSchedule = z.output<typeof cronSchedule>;
export type RRuleSchedule = z.output<typeof rruleSchedule>;
export type Schedule = z.output<typeof schedule>;

/** A schedule as in the database and in responses. */
export type StoredSchedule = (IntervalSchedule & { anchor_date: string }) | CronSchedule | RRuleSchedule;
