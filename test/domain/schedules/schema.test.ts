import { describe, expect, it } from "vitest";
import * as z from "zod";
import { completeSchedule } from "../../../src/domain/schedules/index.ts";
import { schedule as wireSchedule } from "../../../src/schemas/schedules.ts";
import { at, fixture, stored } from "./support.ts";

const texts = z.object({ valid: z.array(z.string()), invalid: z.array(z.string()) });
const recorded = fixture("texts", z.object({ cron: texts, rrule: texts }));
const now = at("2026-11-26T13:07:08.25Z");

const isAccepted = (sent: unknown) => wireSchedule.safeParse(sent).success;
const messageOf = (sent: unknown) => JSON.stringify(wireSchedule.safeParse(sent).error?.issues ?? []);
const keepsInterval = (interval: unknown) => {
  const outcome = wireSchedule.safeParse({ interval });
  return outcome.success && "interval" in outcome.data ? outcome.data.interval : null;
};

describe("an interval", () => {
  it.each([
    [3600, 3600],
    [60.5, 60.5],
    [1 / 3, 0.333333],
    [5e-7, 0.000001],
    [true, 1],
    ["PT1H30M", 5400],
    ["P1DT12H", 129_600],
    ["P2W", 1_209_600],
    ["P1M", 2_592_000],
    ["P1Y", 31_536_000],
    ["P1Y2M3DT4H5M6.5S", 36_993_906.5],
    ["PT0.5H", 1800],
    ["PT1,5S", 1.5],
    ["+PT1H", 3600],
    ["P1DT", 86_400],
    ["P1D2W", 1_296_000],
    ["01:30", 5400],
    ["25:00:00", 90_000],
    ["00:00:01.1234567", 1.123456],
    ["1 day, 01:00:00", 90_000],
    ["1 days 01:00:00", 90_000],
    ["1 day 1:00:00", 90_000],
    ["1d", 86_400],
    ["2 DAYS, 01:00", 176_400],
    ["+1 day,01:00:00", 90_000],
    ["1day 01:00:00", 90_000],
    ["1:00:00", 3600],
    [86_399_999_999_999, 86_399_999_999_999],
  ])("%j is %d seconds", (sent, seconds) => {
    expect(keepsInterval(sent)).toBe(seconds);
  });

  it.each([
    [0, -60, 1e-7, false, 1e15, Number.POSITIVE_INFINITY],
    ["soon", "", "3600", "60.5", "PT", "P", "PT1H30", "pt1h", "-PT1H", "P1000000000D"],
    ["1:30", "01:60", "01:00:60", "-1 day, 01:00:00", "1 day  01:00:00", " 01:00:00", "01:00:00 ", "1 00:00:01", "01:00:00Z"],
    [null, [1], {}],
  ])("is none of %j, %j, %j …", (...sent) => {
    expect(sent.filter((value) => keepsInterval(value) !== null)).toEqual([]);
  });

  // The texts are those of pydantic's own parser (Prefect 3.9.1).
  it.each([
    ["90", '"day" identifier in duration not correctly formatted'],
    ["1:00", '"day" identifier in duration not correctly formatted'],
    ["1.5", '"day" identifier in duration not correctly formatted'],
    ["x", "invalid digit in duration"],
    ["pt1h", "invalid digit in duration"],
    ["", "input is too short"],
    ["PT", "input is too short"],
    ["1 day 2:00", "input is too short"],
    ["1 week", "invalid character in hour"],
    ["P1D2H", "quantity invalid in date part of duration"],
    ["PT1H30", "quantity invalid in time part of duration"],
    ["P-1D", "invalid digit in duration"],
    ["PT1H ", "invalid digit in duration"],
    ["1:2:3", "invalid character in minute"],
    ["00:60:00", "minute value is outside expected range of 0-59"],
    ["00:00:60", "second value is outside expected range of 0-59"],
    ["01:00:00Z", "unexpected extra characters at the end of the input"],
    ["9999999999 days", "a numeric value in the duration is too large"],
    ["1 day, 25:00:00", "durations may not exceed 999,999,999 hours"],
    [1e20, "durations may not exceed 999,999,999 days"],
  ])("says of %j what pydantic does", (interval, fault) => {
    expect(messageOf({ interval })).toContain(JSON.stringify(`Input should be a valid timedelta, ${fault}`));
  });

  it("has an anchor in UTC and a zone; an offset is no zone, and no offset is UTC even with a zone", () => {
    expect(stored({ interval: 60.5, anchor_date: "2035-01-01T09:00:00-05:00" })).toEqual({
      interval: 60.5,
      anchor_date: "2035-01-01T14:00:00.000000Z",
      timezone: "UTC",
    });
    expect(stored({ interval: "PT1H30M", anchor_date: "2035-01-01T09:00:00", timezone: "Europe/Berlin" })).toEqual({
      interval: 5400,
      anchor_date: "2035-01-01T09:00:00.000000Z",
      timezone: "Europe/Berlin",
    });
    expect(stored({ interval: 1, anchor_date: "2035-01-01", timezone: "" })).toMatchObject({ timezone: "" });
  });

  it("is anchored at the time of the request unless it says more", () => {
    expect(stored({ interval: 900, timezone: null }, now)).toEqual({
      interval: 900,
      anchor_date: "2026-11-26T13:07:08.250000Z",
      timezone: "UTC",
    });
    expect(wireSchedule.parse({ interval: 900 })).toEqual({ interval: 900, timezone: "UTC" });
  });

  it("refuses an anchor that is null or no time", () => {
    expect([null, "never", "", true].filter((anchor_date) => isAccepted({ interval: 60, anchor_date }))).toEqual([]);
  });
});

describe("a cron schedule", () => {
  it("accepts and refuses expressions as the reference does", () => {
    expect(recorded.cron.valid.filter((cron) => !isAccepted({ cron }))).toEqual([]);
    expect(recorded.cron.invalid.filter((cron) => isAccepted({ cron }))).toEqual([]);
  });

  it("keeps the text as it was sent, and a zone of null", () => {
    expect(stored({ cron: "  0 9  * * * ", timezone: "", day_or: "no" })).toEqual({
      cron: "  0 9  * * * ",
      timezone: "",
      day_or: false,
    });
    expect(stored({ cron: "@Daily" })).toEqual({ cron: "@Daily", timezone: null, day_or: true });
    expect(stored({ cron: "@Daily", timezone: null, day_or: 1 })).toEqual({ cron: "@Daily", timezone: null, day_or: true });
  });

  it("says why it refuses an expression", () => {
    expect(messageOf({ cron: "60 * * * *" })).toContain('Invalid cron string: \\"60 * * * *\\"');
    expect(messageOf({ cron: "R * * * *" })).toContain(
      'Random and Hashed expressions are unsupported, received: \\"R * * * *\\"',
    );
  });

  it("refuses random expressions of every form", () => {
    expect(["R(0-5) * * * *", "r/10 * * * *", "* * R(1-3)/2 * *"].filter((cron) => isAccepted({ cron }))).toEqual([]);
  });
});

describe("a rule", () => {
  it("is accepted or refused as by the reference", () => {
    expect(recorded.rrule.valid.filter((rrule) => !isAccepted({ rrule }))).toEqual([]);
    expect(recorded.rrule.invalid.filter((rrule) => isAccepted({ rrule }))).toEqual([]);
  });

  it("refuses intervals that do not go on", () => {
    expect(isAccepted({ rrule: "FREQ=DAILY;INTERVAL=0" })).toBe(false);
    expect(isAccepted({ rrule: "FREQ=DAILY;INTERVAL=-1" })).toBe(false);
  });

  it("has at most 6500 characters with the start that is written in front of it", () => {
    const dates = (length: number) => `RDATE:20350102T150000${",20350102T150000".repeat(402)}`.padEnd(length);
    const started = (length: number) => `DTSTART:20350101\n${dates(length - 17)}`;
    expect(isAccepted({ rrule: dates(6476) })).toBe(true);
    expect(isAccepted({ rrule: dates(6477) })).toBe(false);
    expect(isAccepted({ rrule: started(6500) })).toBe(true);
    expect(messageOf({ rrule: started(6501) })).toContain("Max length is 6500, got 6501");
  });

  it.each([
    ["FREQ=DAILY", "DTSTART:20200101T000000\nFREQ=DAILY"],
    ["RRULE:FREQ=MINUTELY;COUNT=3", "DTSTART:20200101T000000\nRRULE:FREQ=MINUTELY;COUNT=3"],
    ["RRULE:FREQ=MINUTELY\nEXDATE:20350101T000000", "DTSTART:20200101T000000\nRRULE:FREQ=MINUTELY\nEXDATE:20350101T000000"],
    ["FREQ=MINUTELY;INTERVAL=7", "DTSTART:20261126T130600\nFREQ=MINUTELY;INTERVAL=7"],
    ["FREQ=SECONDLY;INTERVAL=90", "DTSTART:20261126T130600\nFREQ=SECONDLY;INTERVAL=90"],
    ["FREQ=SECONDLY", "DTSTART:20261126T130708\nFREQ=SECONDLY"],
    ["dtstart:20350101T000000\nrrule:freq=daily", "dtstart:20350101T000000\nrrule:freq=daily"],
    ["FREQ=DAILY;UNTIL=20350201T000000Z", "FREQ=DAILY;UNTIL=20350201T000000Z"],
  ])("%j is stored as %j", (rrule, kept) => {
    expect(stored({ rrule }, now)).toEqual({ rrule: kept, timezone: "UTC" });
  });

  it("counts its start in its own zone, and never before 2020", () => {
    expect(stored({ rrule: "FREQ=MINUTELY;INTERVAL=60", timezone: "Asia/Kolkata" }, now)).toMatchObject({
      rrule: "DTSTART:20261126T180000\nFREQ=MINUTELY;INTERVAL=60",
    });
    expect(stored({ rrule: "FREQ=SECONDLY" }, at("2019-01-01T00:00:00Z"))).toMatchObject({
      rrule: "DTSTART:20200101T000000\nFREQ=SECONDLY",
    });
  });
});

describe("a schedule", () => {
  it("refuses what fits no kind", () => {
    const refused = fixture("refused", z.array(z.unknown()));
    expect(refused.length).toBeGreaterThan(50);
    expect(refused.filter(isAccepted)).toEqual([]);
    expect(
      [
        { interval: 60, cron: null },
        { cron: "* * * * *", rrule: null },
        { rrule: "FREQ=DAILY", day_or: true },
      ].filter(isAccepted),
    ).toEqual([]);
  });

  it("takes names of time zones exactly", () => {
    const zones = ["UTC", "US/Eastern", "EST5EDT", "Etc/GMT+5", "GMT0", "Europe/Kyiv", "America/Argentina/Buenos_Aires", "Zulu"];
    const none = ["utc", "america/new_york", "+02:00", "Z", "PST", "America/New_York ", "Mars/Base", 5];
    for (const kind of [{ interval: 60 }, { cron: "* * * * *" }, { rrule: "FREQ=DAILY" }]) {
      expect(zones.filter((timezone) => !isAccepted({ ...kind, timezone }))).toEqual([]);
      expect(none.filter((timezone) => isAccepted({ ...kind, timezone }))).toEqual([]);
    }
    expect(isAccepted({ rrule: "FREQ=DAILY", timezone: "" })).toBe(false);
  });

  it("is not changed by being completed again", () => {
    for (const sent of [{ interval: 60 }, { cron: "@daily" }, { rrule: "FREQ=SECONDLY;INTERVAL=9" }]) {
      const once = stored(sent, now);
      expect(completeSchedule(wireSchedule.parse(once), at("2030-01-01T00:00:00Z"))).toEqual(once);
    }
  });
});
