import { beforeEach, describe, expect, it } from "vitest";
import { deleteExpiredLeases } from "../../src/cron/expired-leases.ts";
import { type TestApp, testApp } from "../support/app.ts";

const v2 = "/v2/concurrency_limits";
const start = 1_800_000_000_000_000;
const second = 1_000_000;

describe("deleting expired leases", () => {
  let app: TestApp;
  let clock: number;
  beforeEach(async () => {
    clock = start;
    app = await testApp({}, { now: () => clock++ });
  });

  const lease = async (names: string[], lease_duration: number) =>
    (await app.post(`${v2}/increment-with-lease`, { names, slots: 1, lease_duration })).body.lease_id;
  const run = (scheduledTime: number) => deleteExpiredLeases.run(app.deps(), { cron: "* * * * *", scheduledTime });
  const leases = async () =>
    (await app.deps().db.execute({ sql: "select id from concurrency_lease order by id", args: [] })).rows.map((row) => row[0]);
  const limit = async (name: string) => {
    const { rows } = await app.deps().db.execute({
      sql: "select active_slots, avg_slot_occupancy_seconds, slots_changed from concurrency_limit where name = ?",
      args: [name],
    });
    const [active_slots, avg_slot_occupancy_seconds, slots_changed] = rows[0] ?? [];
    return { active_slots, avg_slot_occupancy_seconds, slots_changed };
  };

  it("removes those whose time has come and learns how long they held their slots", async () => {
    await app.post(`${v2}/`, { name: "a", limit: 2 });
    const short = await lease(["a"], 60);
    const long = await lease(["a"], 61);
    await run(start + 59 * second);
    expect(await leases()).toEqual([short, long].sort());
    expect(Number((await limit("a")).avg_slot_occupancy_seconds)).toBe(2);
    await run(start + 61 * second);
    expect(await leases()).toEqual([long]);
    expect(Number((await limit("a")).avg_slot_occupancy_seconds)).toBeCloseTo(2 + (60 - 2) / 4, 3);
    clock = start + 61 * second;
    expect((await app.get(`${v2}/a`)).body.active_slots).toBe(1);
  });

  it("does its work once, run how often and in how many places whatever", async () => {
    await app.post(`${v2}/`, { name: "a", limit: 2 });
    await app.post(`${v2}/`, { name: "rate", limit: 5, active_slots: 2, slot_decay_per_second: 0.000001 });
    await lease(["a", "rate"], 60);
    const later = start + 100 * second;
    await Promise.all(Array.from({ length: 8 }, () => run(later)));
    await run(later + second);
    expect(await leases()).toEqual([]);
    expect(Number((await limit("a")).avg_slot_occupancy_seconds)).toBeCloseTo(16.5, 3);
    expect((await limit("rate")).active_slots).toBe(2);
  });

  it("does not set a decay back that began after its tick", async () => {
    await app.post(`${v2}/`, { name: "rate", limit: 5, slot_decay_per_second: 0.5 });
    await lease(["rate"], 60);
    clock = start + 120 * second;
    await app.post(`${v2}/increment`, { names: ["rate"], slots: 3 });
    await run(start + 110 * second);
    expect(Number((await limit("rate")).slots_changed)).toBeGreaterThanOrEqual(start + 120 * second);
  });

  it("takes a bounded number at a time, the oldest first", async () => {
    const { db } = app.deps();
    await db.execute({
      sql: `insert into concurrency_lease (id, created, expires, ttl_seconds)
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 600)
        select printf('%04d', i), ?, ? - i, 60 from n`,
      args: [start, start],
    });
    await run(start);
    const left = await leases();
    expect([left.length, left[0], left.at(-1)]).toEqual([100, "0001", "0100"]);
    await run(start);
    expect(await leases()).toEqual([]);
  });
});
