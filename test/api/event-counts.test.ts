import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const minute = 60_000;
const event = (name: string, resource: string, at: number, more: object = {}) => ({
  id: randomUUID(),
  occurred: new Date(at).toISOString(),
  event: name,
  resource: { "prefect.resource.id": resource, ...more },
});

describe("counting events", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  const count = (by: string, body: object) => app.post(`/events/count-by/${by}`, body);

  it("counts by name and by resource, which is called as it was last among those counted", async () => {
    const start = Date.now() - 20 * minute;
    const of = [
      ["a", "x", {}],
      ["b", "x", { "prefect.resource.name": "old" }],
      ["b", "y", { "prefect.name": "second name" }],
      ["c", "x", { "prefect.resource.name": "new" }],
      ["b", "z", {}],
      ["a", "z", { "prefect.resource.name": "zed" }],
    ] as const;
    await app.post(
      "/events",
      of.map(([name, resource, labels], i) => event(name, resource, start + i * minute, labels)),
    );
    const time = (i: number) => new Date(start + i * minute).toISOString().replace("Z", "000Z");
    const byName = await count("event", { filter: {} });
    expect(byName.roundTrips).toBe(1);
    expect(byName.body).toEqual([
      { value: "b", label: "b", count: 3, start_time: time(1), end_time: time(4) },
      { value: "a", label: "a", count: 2, start_time: time(0), end_time: time(5) },
      { value: "c", label: "c", count: 1, start_time: time(3), end_time: time(3) },
    ]);
    const labels = async (filter: object) =>
      (await count("resource", { filter })).body.map((c: Record<string, unknown>) => [c.value, c.label, c.count]);
    expect(await labels({})).toEqual([
      ["x", "new", 3],
      ["z", "zed", 2],
      ["y", "second name", 1],
    ]);
    expect(await labels({ event: { name: ["b"] } })).toEqual([
      ["x", "old", 1],
      ["y", "second name", 1],
      ["z", "z", 1],
    ]);
    expect(await labels({ event: { name: ["nobody"] } })).toEqual([]);
  });

  it("counts by time, empty buckets included", async () => {
    const since = Date.UTC(2026, 0, 5, 10, 30);
    await app.post(
      "/events",
      [31, 59, 60, 89].map((m) => event("tick", "x", Date.UTC(2026, 0, 5, 10, m))),
    );
    const filter = { occurred: { since: new Date(since).toISOString(), until: "2026-01-05T13:00:00Z" } };
    const hours = await count("time", { filter, time_unit: "hour" });
    expect(hours.roundTrips).toBe(1);
    expect(hours.body).toMatchObject([
      {
        value: "0",
        label: "2026-01-05T10:00:00+00:00",
        count: 2,
        start_time: "2026-01-05T10:00:00.000000Z",
        end_time: "2026-01-05T10:59:59.999999Z",
      },
      { value: "1", count: 2 },
      { value: "2", count: 0, end_time: "2026-01-05T12:59:59.999999Z" },
    ]);
    const halves = await count("time", { filter, time_unit: "hour", time_interval: 0.5 });
    expect(halves.body.map((c: { count: number }) => c.count)).toEqual([2, 2, 0, 0, 0]);
    const thirds = await count("time", { filter, time_unit: "second", time_interval: 1200.5 });
    // 46,380 times 1,200.5 s after 2024-04-01.
    expect(thirds.body[0].label).toBe("2026-01-05T10:26:30+00:00");
    expect((await count("day", { filter })).body).toMatchObject([
      { value: "0", count: 4, start_time: "2026-01-05T00:00:00.000000Z" },
    ]);
    expect((await count("time", { filter, time_unit: "week" })).body).toMatchObject([
      { start_time: "2026-01-05T00:00:00.000000Z" },
    ]);
    expect(
      (
        await count("time", {
          filter: { occurred: { since: filter.occurred.until, until: filter.occurred.since } },
          time_unit: "hour",
        })
      ).body,
    ).toEqual([]);
  });

  it("ends with the current unit where `until` lies ahead", async () => {
    const hour = 60 * minute;
    const filter = {
      occurred: { since: new Date(Date.now() - hour).toISOString(), until: new Date(Date.now() + 24 * hour).toISOString() },
    };
    await app.post("/events", [event("ahead", "x", Date.now() + 5 * hour), event("now", "x", Date.now())]);
    const { body } = await count("time", { filter, time_unit: "hour" });
    expect(body.at(-1).count).toBe(1);
    expect(Date.parse(body.at(-1).end_time)).toBeLessThan(Date.now() + hour);
  });

  it("refuses more than a thousand buckets, whatever is counted", async () => {
    const filter = { occurred: { since: "2024-05-01T00:00:00Z", until: "2024-05-02T00:00:00Z" } };
    for (const by of ["time", "event"]) {
      const answer = await count(by, { filter, time_unit: "minute" });
      expect([answer.status, answer.body.detail]).toEqual([
        422,
        "The given interval would create 1440 buckets, which is too many. Please increase the interval or reduce the time range to produce 1000 buckets or fewer.",
      ]);
    }
    expect((await count("time", { filter, time_unit: "minute", time_interval: 1.44 })).body).toHaveLength(1000);
  });

  it.each([
    ["time", { time_interval: 0.001 }],
    ["time", { time_interval: -1 }],
    ["time", { time_unit: "month" }],
    ["related", {}],
    ["event", { filter: null }],
    ["event", { filter: { nonsense: 1 } }],
  ])("refuses to count by %s with %j", async (by, more) => {
    expect((await count(by, { filter: {}, ...more })).status).toBe(422);
  });

  it("takes null for what is not said", async () => {
    expect((await count("event", { filter: {}, time_unit: null, time_interval: null })).body).toEqual([]);
    expect((await app.post("/events/count-by/event")).status).toBe(422);
  });

  it("refuses an interval whose buckets leave the years that a time can have", async () => {
    const detail = "The given interval would create buckets outside of the years 1 to 9999. Please reduce the interval.";
    for (const by of ["time", "day", "event", "resource"])
      for (const time_interval of [7.182070442228307e16, 1e300, 3e6]) {
        const answer = await count(by, { filter: {}, time_unit: "day", time_interval });
        expect([answer.status, answer.body]).toEqual([422, { detail }]);
      }
    const long = await count("time", { filter: {}, time_unit: "day", time_interval: 700_000 });
    expect([long.status, long.body.length]).toEqual([200, 1]);
  });
});
