import { beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase, type Sql } from "../../src/store/client.ts";
import { leaseExists, releaseLease, releaseLeases, renewLease, takeLease } from "../../src/store/concurrency-limits/leases.ts";
import { hasFreeSlots, occupiedSlots } from "../../src/store/concurrency-limits/occupancy.ts";
import { freshDatabase } from "../support/database.ts";

const start = 1_800_000_000_000_000;
const second = 1_000_000;

interface Limit {
  readonly limit?: number;
  readonly active?: boolean;
  readonly active_slots?: number;
  readonly slot_decay_per_second?: number;
}

describe("leases", () => {
  let db: Database;
  beforeEach(async () => {
    db = openDatabase(await freshDatabase());
  });

  const addLimit = (name: string, { limit = 1, active = true, active_slots = 0, slot_decay_per_second = 0 }: Limit = {}) =>
    db.execute({
      sql: `insert into concurrency_limit (id, created, updated, name, "limit", active, active_slots, slot_decay_per_second, slots_changed)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      args: [`id-${name}`, start, start, name, limit, active ? 1 : 0, active_slots, slot_decay_per_second, start],
    });

  const occupied = async (now: number, leaving?: Parameters<typeof occupiedSlots>[2]): Promise<Record<string, number>> => {
    const slots = occupiedSlots("l", now, leaving);
    const { rows } = await db.execute({ sql: `select l.name, ${slots.sql} from concurrency_limit l`, args: slots.args });
    return Object.fromEntries(rows.map((row) => [String(row[0]), Number(row[1])]));
  };

  const isTrue = async (condition: Sql): Promise<boolean> =>
    (await db.execute({ sql: `select ${condition.sql}`, args: condition.args })).rows[0]?.[0] === 1;

  const take = async (lease_id: string, names: string[], slots = 1, now = start, guard?: Sql): Promise<boolean> => {
    await db.write(
      takeLease({ lease_id, limits: { names }, slots, ttl_seconds: 60, holder: null, now, ...(guard && { guard }) }),
    );
    return isTrue(leaseExists(lease_id));
  };

  it("takes slots of every limit or of none", async () => {
    await addLimit("a", { limit: 2 });
    await addLimit("b");
    expect(await take("1", ["a", "b"])).toBe(true);
    expect(await take("2", ["a", "b"])).toBe(false);
    expect(await occupied(start)).toEqual({ a: 1, b: 1 });
    expect(await take("3", ["a"])).toBe(true);
    expect(await take("4", ["a"])).toBe(false);
  });

  it("takes nothing where the guard does not hold", async () => {
    await addLimit("a");
    expect(await take("1", ["a"], 1, start, { sql: "? = 2", args: [1] })).toBe(false);
    expect(await occupied(start)).toEqual({ a: 0 });
  });

  it("counts leases, the counter and runs that hold a slot themselves", async () => {
    await addLimit("a", { limit: 4, active_slots: 1 });
    await db.write([
      { sql: "insert into flow (id, created, updated, name) values ('f', 0, 0, 'f')", args: [] },
      {
        sql: "insert into flow_run (id, created, updated, name, flow_id, concurrency_limit_id) values ('r', 0, 0, 'r', 'f', 'id-a')",
        args: [],
      },
    ]);
    expect(await take("1", ["a"], 3)).toBe(false);
    expect(await take("2", ["a"], 2)).toBe(true);
    expect(await occupied(start)).toEqual({ a: 4 });
    expect(await occupied(start, { flow_run_id: "r" })).toEqual({ a: 3 });
    expect(await occupied(start, { lease_id: "2" })).toEqual({ a: 2 });
    expect(await isTrue(hasFreeSlots({ ids: ["id-a"] }, 1, start))).toBe(false);
    expect(await isTrue(hasFreeSlots({ ids: ["id-a"] }, 1, start, { flow_run_id: "r" }))).toBe(true);
  });

  it("sees the room that holders leave who are about to go", async () => {
    await addLimit("a", { limit: 3 });
    await addLimit("rate", { limit: 3, active_slots: 1, slot_decay_per_second: 0.1 });
    const held = { limits: { names: ["a", "rate"] }, ttl_seconds: 60, now: start };
    await db.write([
      ...takeLease({ ...held, lease_id: "1", slots: 1, holder: { type: "task_run", id: "x" } }),
      ...takeLease({ ...held, lease_id: "2", slots: 1, holder: null }),
    ]);
    expect(await occupied(start)).toEqual({ a: 2, rate: 3 });
    expect(await occupied(start, { lease_id: "2" })).toEqual({ a: 1, rate: 2 });
    expect(await occupied(start, { holder_id: "x" })).toEqual({ a: 1, rate: 2 });
    expect(await occupied(start, { lease_id: "2", holder_id: "x" })).toEqual({ a: 0, rate: 1 });
    expect(await occupied(start, { lease_id: "3", holder_id: "y" })).toEqual({ a: 2, rate: 3 });
    expect(await isTrue(hasFreeSlots({ names: ["a", "rate"] }, 2, start, { lease_id: "2" }))).toBe(false);
    expect(await isTrue(hasFreeSlots({ names: ["a", "rate"] }, 1, start, { lease_id: "2" }))).toBe(true);
  });

  it("gives back the leases that a select finds", async () => {
    await addLimit("a", { limit: 3 });
    for (const id of ["1", "2", "3"]) await take(id, ["a"]);
    const lease_ids = { sql: "select value from json_each(?)", args: ['["1","3","4"]'] };
    const results = await db.write(releaseLeases({ leases: { lease_ids }, now: start }));
    expect(results.at(-1)?.rows.map((row) => row[0])).toEqual(["1", "3"]);
    expect(await occupied(start)).toEqual({ a: 1 });
  });

  it("frees the slots of a lease the moment it expires, and renews none that has", async () => {
    await addLimit("a");
    expect(await take("1", ["a"])).toBe(true);
    const last = start + 60 * second - 1;
    expect(await occupied(last)).toEqual({ a: 1 });
    expect(await take("2", ["a"], 1, last)).toBe(false);
    expect((await db.execute(renewLease({ lease_id: "1", ttl_seconds: 60, now: last }))).rows).toHaveLength(1);
    expect(await occupied(last + 60 * second)).toEqual({ a: 0 });
    expect((await db.execute(renewLease({ lease_id: "1", ttl_seconds: 60, now: last + 60 * second }))).rows).toHaveLength(0);
    expect(await take("2", ["a"], 1, last + 60 * second)).toBe(true);
  });

  it("puts limits that are switched off on the lease without slots", async () => {
    await addLimit("off", { active: false });
    expect(await take("1", ["off"], 5)).toBe(true);
    expect(await occupied(start)).toEqual({ off: 0 });
  });

  it("lets the slots of a decaying limit decay although the lease lasts, and gives back only what is left", async () => {
    await addLimit("rate", { limit: 10, active_slots: 4, slot_decay_per_second: 0.5 });
    expect(await take("1", ["rate"], 5, start + 3 * second)).toBe(true);
    expect(await occupied(start + 3 * second)).toEqual({ rate: 8 });
    expect(await occupied(start + 8 * second)).toEqual({ rate: 6 });
    await db.write(releaseLease("1", start + 8 * second));
    expect(await occupied(start + 8 * second)).toEqual({ rate: 1 });
    await db.write(releaseLease("1", start + 8 * second));
    expect(await occupied(start + 8 * second)).toEqual({ rate: 1 });
  });

  it("learns how long slots are held from each lease that is given back or expires", async () => {
    await addLimit("a", { limit: 4 });
    const average = async () =>
      (await db.execute({ sql: "select avg_slot_occupancy_seconds from concurrency_limit", args: [] })).rows[0]?.[0];
    await take("1", ["a"], 2);
    await db.write(releaseLeases({ leases: { lease_id: "1" }, now: start + 20 * second, recordsOccupancy: true }));
    expect(await average()).toBe(3); // 2 + (20 / 2 - 2) / 8
    await take("2", ["a"]);
    await take("3", ["a"]);
    const expired = start + 100 * second;
    const [, gone] = await db.write(releaseLeases({ leases: { expired, limit: 1 }, now: expired, recordsOccupancy: true }));
    expect(gone?.rows.map((row) => row[0])).toEqual(["2"]);
    expect(await average()).toBe(3 + (60 - 3) / 8);
  });

  it("gives back all limits of a holder's leases that lie on one of the named limits", async () => {
    for (const name of ["a", "b", "c"]) await addLimit(name, { limit: 3 });
    const held = (lease_id: string, names: string[], id: string) =>
      takeLease({ lease_id, limits: { names }, slots: 1, ttl_seconds: 60, holder: { type: "task_run", id }, now: start });
    await db.write([...held("1", ["a", "b"], "x"), ...held("2", ["c"], "x"), ...held("3", ["a"], "y")]);
    const results = await db.write(releaseLeases({ leases: { holder_id: "x", limits: { names: ["a"] } }, now: start }));
    expect(results.at(-1)?.rows.map((row) => row[0])).toEqual(["1"]);
    expect(await occupied(start)).toEqual({ a: 1, b: 0, c: 1 });
  });
});
