import { describe, expect, it } from "vitest";
import { dueAfter, runsOf, templateOf, windowFrom } from "../../../src/domain/deployments/scheduled-runs.ts";
import { formatTime, parseTime } from "../../../src/lib/time.ts";

const start = parseTime("2035-01-01T00:00:00Z") ?? 0;
const minute = 60_000_000;
const source = (interval: number, more: object = {}) => ({
  id: "s",
  schedule: { interval, anchor_date: "2035-01-01T00:00:00Z", timezone: "UTC" },
  slug: null,
  parameters: { b: 2, c: 3 },
  deployment: { id: "d", flow_id: "f", parameters: { a: 1, b: 1 }, tags: ["t"], labels: { team: "x" } },
  ...more,
});
let ids = 0;
const chance = { newId: () => `id${++ids}`, random: () => 0 };

describe("the runs of a schedule", () => {
  it("take parameters, tags and labels of deployment and schedule, and name their creator", () => {
    expect(templateOf(source(60))).toEqual({
      parameters: { a: 1, b: 2, c: 3 },
      tags: ["auto-scheduled", "t"],
      labels: { team: "x", "prefect.flow.id": "f", "prefect.deployment.id": "d" },
      created_by: { id: "s", type: "SCHEDULE", display_value: "IntervalSchedule" },
    });
    expect(templateOf(source(60, { slug: "hourly" })).created_by.display_value).toBe("hourly");
  });

  it("are as many as reach three and an hour, within a hundred", () => {
    const counts = [10, 600, 3600, 86_400].map((interval) => runsOf(source(interval), windowFrom(start), chance).length);
    expect(counts).toEqual([100, 7, 3, 3]);
  });

  it("have names of two words, of which those made together share the first", () => {
    const names = () =>
      runsOf(source(600), windowFrom(start), { ...chance, random: Math.random }).map(({ name }) => name.split("-"));
    const batches = [names(), names(), names(), names()];
    expect(batches.map((batch) => new Set(batch.map(([first]) => first)).size)).toEqual([1, 1, 1, 1]);
    expect(new Set(batches.flat().map(([, second]) => second)).size).toBeGreaterThan(5);
    expect(new Set(batches.flat().map(([first]) => first)).size).toBeGreaterThan(1);
  });

  it("have a key of deployment, schedule and local date", () => {
    const schedule = { cron: "0 9 * * *", timezone: "America/New_York", day_or: true };
    const [first] = runsOf(source(1, { schedule }), windowFrom(start), chance);
    expect(first).toMatchObject({
      date: parseTime("2035-01-01T14:00:00Z"),
      idempotency_key: "scheduled d s 2035-01-01 09:00:00-05:00",
    });
  });

  it.each([
    [600, "2035-01-01T00:00:00.000001Z"],
    [3600, "2035-01-01T00:00:00.000001Z"],
    [10, "2035-01-01T00:00:00.000001Z"],
  ])("of every %i seconds are needed again once the first has passed, at %s", (interval, expected) => {
    const { schedule } = source(interval);
    const made = runsOf(source(interval), windowFrom(start), chance);
    const due = dueAfter(schedule, made, start);
    expect(due === null ? null : formatTime(due)).toBe(expected);
  });

  it("are never needed again where there are no more dates, and not before their time comes within a hundred days", () => {
    const once = { rrule: "DTSTART:20350101T001000\nRRULE:FREQ=DAILY;COUNT=2", timezone: "UTC" };
    const made = runsOf(source(1, { schedule: once }), windowFrom(start), chance);
    expect(made).toHaveLength(2);
    expect(dueAfter(once, made, start)).toBeNull();
    const yearly = { cron: "0 0 1 7 *", timezone: null, day_or: true };
    expect(runsOf(source(1, { schedule: yearly }), windowFrom(start), chance)).toEqual([]);
    const due = dueAfter(yearly, [], start);
    expect(due).toBe((parseTime("2035-07-01T00:00:00Z") ?? 0) - 100 * 24 * 60 * minute);
  });
});
