import { describe, expect, it } from "vitest";
import * as z from "zod";
import { datesOf, fixture } from "./support.ts";

const schedules = z.record(z.string(), z.unknown());
const scenarios = fixture(
  "scenarios",
  z.array(z.tuple([z.string(), schedules, z.string(), z.string(), z.number(), z.array(z.string())])),
);
const cases = z.array(z.tuple([schedules, z.string(), z.string(), z.number(), z.array(z.string())]));
const random = fixture("dates", cases);
const edges = fixture("edges", cases);

/** Returns the recorded cases whose dates are other ones. */
const differing = (recorded: z.output<typeof cases>) =>
  recorded
    .map(([schedule, start, end, limit, expected]) => ({
      schedule,
      start,
      end,
      expected,
      dates: datesOf(schedule, start, end, limit),
    }))
    .filter(({ expected, dates }) => JSON.stringify(dates) !== JSON.stringify(expected));

describe("dates of the scenarios", () => {
  it.each(scenarios)("%s", (_name, schedule, start, end, limit, expected) => {
    expect(datesOf(schedule, start, end, limit)).toEqual(expected);
  });
});

// The dates of both files were made by the reference's own classes (Prefect 3.9.1 on Python 3.11).
describe("dates of the reference", () => {
  it.each(["interval", "cron", "rrule"])(
    "for random %s schedules, zones and windows, most of them near a change of the clock",
    (kind) => {
      const recorded = random.filter(([schedule]) => kind in schedule);
      expect(recorded.length).toBeGreaterThanOrEqual(100);
      expect(differing(recorded)).toEqual([]);
    },
  );

  it("for week numbers, places, Easter, last days, and windows that end in a repeated or skipped hour", () => {
    expect(edges.length).toBeGreaterThanOrEqual(70);
    expect(differing(edges)).toEqual([]);
  });
});

describe("a window", () => {
  const hourly = { interval: 3600, anchor_date: "2035-01-01T00:00:00Z" };

  it("holds its start and its end", () => {
    expect(datesOf(hourly, "2035-01-01T01:00:00Z", "2035-01-01T02:00:00Z")).toEqual([
      "2035-01-01T01:00:00Z",
      "2035-01-01T02:00:00Z",
    ]);
  });

  it("without an end gives one date unless more are asked for", () => {
    expect(datesOf(hourly, "2035-01-01T00:30:00Z", null)).toEqual(["2035-01-01T01:00:00Z"]);
    expect(datesOf({ cron: "0 0 29 2 *" }, "2035-01-01T00:00:00Z", null, 2)).toEqual([
      "2036-02-29T00:00:00Z",
      "2040-02-29T00:00:00Z",
    ]);
    expect(datesOf({ rrule: "FREQ=YEARLY" }, "2035-06-01T00:00:00Z", null)).toEqual(["2036-01-01T00:00:00Z"]);
  });

  it("gives one date where none is asked for", () => {
    expect(datesOf(hourly, "2035-01-01T01:00:00Z", "2035-01-01T09:00:00Z", 0)).toEqual(["2035-01-01T01:00:00Z"]);
  });

  it("gives 1000 dates unless more are asked for, 1002 at most", () => {
    expect(datesOf({ cron: "* * * * *" }, "2035-01-01T00:00:00Z", "2036-01-01T00:00:00Z")).toHaveLength(1000);
    expect(datesOf({ cron: "* * * * *" }, "2035-01-01T00:00:00Z", "2036-01-01T00:00:00Z", 5000)).toHaveLength(1002);
  });
});

describe("schedules without any date", () => {
  const century = ["2035-01-01T00:00:00Z", "2135-01-01T00:00:00Z"] as const;

  it.each(["0 0 30 2 *", "0 0 31 4 *", "0 0 1 * 5#2", "0 0 1 1 * 0 1999", "0 0 31 feb,apr 1#5"])("cron %s gives none", (cron) => {
    expect(datesOf({ cron }, ...century)).toEqual([]);
    expect(datesOf({ cron }, century[0], null)).toEqual([]);
  });

  it.each([
    "FREQ=YEARLY;BYDAY=MO,1TU",
    "FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2",
    "FREQ=DAILY;BYMONTH=13",
    "FREQ=HOURLY;BYHOUR=25",
    "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=3",
    "FREQ=SECONDLY;BYMONTHDAY=31;BYMONTH=6",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;UNTIL=20200105T000000Z",
    "DTSTART:20350101T000000\nRRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY",
    "DTSTART:20350101T000000\nEXRULE:FREQ=SECONDLY",
  ])("rule %s gives none and ends", (rrule) => {
    expect(datesOf({ rrule }, ...century)).toEqual([]);
    expect(datesOf({ rrule }, century[0], null)).toEqual([]);
  });

  it("an interval beyond the calendar ends", () => {
    expect(datesOf({ interval: 1e12, anchor_date: "2035-01-01T00:00:00Z" }, ...century)).toEqual(["2035-01-01T00:00:00Z"]);
    expect(datesOf({ interval: 86_399_999_999_999, anchor_date: "2034-01-01T00:00:00Z" }, ...century)).toEqual([]);
  });
});

describe("rules that began long ago", () => {
  it("are not walked through from their start", () => {
    const rrule = "DTSTART:19700101T000000\nRRULE:FREQ=SECONDLY;INTERVAL=7";
    // The shortest of three: what else the machine does takes time as well.
    const times = [1, 2, 3].map(() => {
      const begun = performance.now();
      expect(datesOf({ rrule }, "2035-01-01T00:00:00Z", null)).toEqual(["2035-01-01T00:00:04Z"]);
      return performance.now() - begun;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it("with COUNT are counted from their start", () => {
    const rrule = "DTSTART:20200101T000000\nRRULE:FREQ=SECONDLY;COUNT=473385601";
    expect(datesOf({ rrule }, "2034-12-31T23:59:59Z", null, 5)).toEqual(["2034-12-31T23:59:59Z", "2035-01-01T00:00:00Z"]);
    expect(datesOf({ rrule: "FREQ=DAILY;BYHOUR=9,10;COUNT=3" }, "2020-01-01T09:30:00Z", null, 5)).toEqual([
      "2020-01-01T10:00:00Z",
      "2020-01-02T09:00:00Z",
    ]);
  });
});
