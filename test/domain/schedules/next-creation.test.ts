import { describe, expect, it } from "vitest";
import { datesToSchedule, nextCreationTime, scheduleClassName, scheduledRunKey } from "../../../src/domain/schedules/index.ts";
import { formatTime, type Micros } from "../../../src/lib/time.ts";
import { at, stored } from "./support.ts";

const minute = 60_000_000;
const day = 1440 * minute;
const start = at("2035-01-01T00:00:00Z");
const ten = stored({ cron: "*/10 * * * *" });
const daily = stored({ cron: "0 0 * * *" });
const defaults = { start, end: start + 100 * day, min_time_seconds: 3600, min_runs: 3, max_runs: 100 };

describe("the dates for which runs are made", () => {
  it.each([
    ["every ten minutes with the defaults", ten, {}, 7, "01:00:00"],
    ["daily with the defaults", daily, {}, 3, "00:00:00"],
    ["min_time in seconds", ten, { min_time_seconds: 7200 }, 13, "02:00:00"],
    ["no min_time", ten, { min_time_seconds: 0 }, 3, "00:20:00"],
    ["one is enough", ten, { min_time_seconds: 0, min_runs: 1 }, 1, "00:00:00"],
    ["min_runs", ten, { min_runs: 20 }, 20, "03:10:00"],
    ["max_runs is stronger", ten, { min_runs: 20, max_runs: 5 }, 5, "00:40:00"],
    ["max_runs of none is one", ten, { max_runs: 0 }, 1, "00:00:00"],
    ["a hundred at most", ten, { min_runs: 1000 }, 100, "16:30:00"],
    ["the end is strongest", ten, { min_runs: 20, end: start + 30 * minute }, 4, "00:30:00"],
    ["the fraction of a start is rounded up", ten, { start: start + 1, min_runs: 1, min_time_seconds: 0 }, 1, "00:10:00"],
  ])("%s", (_name, schedule, limits, count, last) => {
    const dates = datesToSchedule({ schedule, ...defaults, ...limits });
    expect(dates).toHaveLength(count);
    expect(formatTime(dates.at(-1) ?? 0)).toContain(`T${last}.000000Z`);
  });

  it("are none where the end is before the start", () => {
    expect(datesToSchedule({ schedule: ten, ...defaults, end: start - day })).toEqual([]);
  });
});

describe("the next time at which more runs are made", () => {
  const limits = { min_time_seconds: 3600, min_runs: 3, max_runs: 100, max_time_seconds: 100 * 86_400 };
  const next = (schedule: typeof ten, made: Micros[], now = start) =>
    nextCreationTime({ schedule, existing: made, now, ...limits });

  // What the loop of the reference would do at that time.
  const makesMore = (schedule: typeof ten, made: Micros[], now: Micros): boolean => {
    const left = made.filter((date) => date >= now);
    const last = left.at(-1);
    if (left.length >= 3 && last !== undefined && last >= now + 60 * minute) return false;
    return datesToSchedule({ schedule, ...defaults, start: now, end: now + 100 * day }).some((date) => !made.includes(date));
  };

  it.each([
    ["every ten minutes", ten, start],
    ["daily", daily, start + 1],
    ["every second", stored({ interval: 1, anchor_date: "2035-01-01T00:00:00Z" }), start],
    ["every half hour", stored({ rrule: "FREQ=MINUTELY;INTERVAL=30", timezone: "UTC" }), start + 7 * minute],
    ["every hundred days", stored({ interval: 8_640_000, anchor_date: "2035-01-01T00:00:00Z" }), start + 1],
    ["yearly", stored({ cron: "@yearly" }), start],
  ])("is the first at which the loop makes more: %s", (_name, schedule, now) => {
    const made = datesToSchedule({ schedule, ...defaults, start: now, end: now + 100 * day });
    const due = next(schedule, made, now);
    expect(due).not.toBeNull();
    expect(makesMore(schedule, made, due ?? 0)).toBe(true);
    expect(makesMore(schedule, made, (due ?? 0) - 1)).toBe(false);
  });

  it("is now where nothing was made yet", () => {
    expect(next(ten, [])).toBe(start);
    expect(next(daily, [], start + 5)).toBe(start + 5);
  });

  it("is never where the schedule is over", () => {
    expect(next(stored({ rrule: "FREQ=DAILY;COUNT=5" }), [])).toBeNull();
    expect(next(stored({ cron: "0 0 30 2 *" }), [])).toBeNull();
  });
});

describe("the key of a made run", () => {
  const key = (date: string, timezone: string | null) =>
    scheduledRunKey({ deployment_id: "d", schedule_id: "s", date: at(date), timezone });

  it.each([
    ["2035-03-11T07:30:00Z", "America/New_York", "2035-03-11 03:30:00-04:00"],
    ["2035-11-04T06:30:00Z", "America/New_York", "2035-11-04 01:30:00-05:00"],
    ["2035-01-01T00:00:00.5Z", null, "2035-01-01 00:00:00.500000+00:00"],
    ["2035-01-01T20:00:00Z", "Asia/Kolkata", "2035-01-02 01:30:00+05:30"],
    ["2035-01-01T00:00:00Z", "", "2035-01-01 00:00:00+00:00"],
  ])("of %s in %s ends in %s", (date, timezone, text) => {
    expect(key(date, timezone)).toBe(`scheduled d s ${text}`);
  });
});

it("a schedule without a slug is named by its class", () => {
  const names = [{ interval: 60 }, { cron: "@daily" }, { rrule: "FREQ=DAILY" }].map((sent) => scheduleClassName(stored(sent)));
  expect(names).toEqual(["IntervalSchedule", "CronSchedule", "RRuleSchedule"]);
});
