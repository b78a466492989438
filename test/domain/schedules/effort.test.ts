import { describe, expect, it } from "vitest";
import { Effort, effortOf, refusalOfSchedules, scheduleDates } from "../../../src/domain/schedules/index.ts";
import { at, datesOf, stored } from "./support.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, value) => value).join(",");
const everySecond = `BYHOUR=${upTo(24)};BYMINUTE=${upTo(60)};BYSECOND=${upTo(60)}`;
const start = at("2026-11-29T12:00:00Z");

const endless: [string, string][] = [
  ["a rule that excludes each of its own times", `RRULE:FREQ=DAILY;${everySecond}\nEXRULE:FREQ=DAILY;${everySecond}`],
  ["seconds without seconds", "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY"],
  ["a count of a thousand million", "FREQ=SECONDLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;COUNT=1000000000"],
  ["a counted rule that is excluded", `RRULE:FREQ=DAILY;COUNT=1000000000;${everySecond}\nEXRULE:FREQ=DAILY;${everySecond}`],
  ["seconds of the 30th of February", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"],
  ["an interval of 400 digits", `FREQ=DAILY;INTERVAL=${"9".repeat(400)}`],
];

describe("a rule that cannot be searched within its effort", () => {
  it.each(endless)("is refused: %s", (_, rrule) => {
    expect(refusalOfSchedules([stored({ rrule })], start)).toMatch(/no date found within 1500000 steps$/);
  });

  it.each(endless)("ends without dates, and says so: %s", (_, rrule) => {
    const effort = new Effort(effortOf.search);
    expect([...scheduleDates({ schedule: stored({ rrule }), start, limit: 100, effort })]).toEqual([]);
    expect(effort.isSpent).toBe(true);
  });
});

it("each step of many searches is taken from what they have together", () => {
  const rrule = "RRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY";
  expect(refusalOfSchedules([stored({ cron: "0 0 * * *" }), stored({ rrule })], start)).not.toBeNull();
  const together = new Effort(1000);
  expect([...scheduleDates({ schedule: stored({ rrule }), start, effort: new Effort(effortOf.search, together) })]).toEqual([]);
  expect(together.isSpent).toBe(true);
});

it.each([
  [{ cron: "0 0 30 2 *" }],
  [{ cron: "0 0 * * * 0 1970" }],
  [{ rrule: "FREQ=DAILY;COUNT=5" }],
  [{ rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20300101T000000" }],
  [{ interval: 0.000001, anchor_date: "0001-01-01T00:00:00Z" }],
])("a schedule that is over, or never comes to pass, is kept: %j", (sent) => {
  expect(refusalOfSchedules([stored(sent)], start)).toBeNull();
});

it("a dense rule that leaves out a whole weekend goes on after it", () => {
  const rrule = "DTSTART:20200101T000000\nRRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY;BYDAY=SA,SU";
  expect(datesOf({ rrule }, "2026-11-28T00:00:00Z", "2026-12-24T00:00:00Z", 1)).toEqual(["2026-11-30T00:00:00Z"]);
});

it("a yearly rule of all minutes is found late in the year", () => {
  const rrule = `DTSTART:20200101T000000\nRRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=${upTo(24)};BYMINUTE=${upTo(60)}`;
  expect(datesOf({ rrule }, "2026-12-30T12:00:30Z", "2026-12-31T00:00:00Z", 2)).toEqual([
    "2026-12-30T12:01:00Z",
    "2026-12-30T12:02:00Z",
  ]);
});

it("a cron expression longer than any rule is refused", () => {
  expect(() => stored({ cron: `${"1,".repeat(5000)}1 * * * *` })).toThrow();
});
