import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const v2 = "/v2/concurrency_limits";
const second = 1_000_000;

let app: TestApp;
let clock: number;
beforeEach(async () => {
  clock = 1_800_000_000_000_000;
  // The clock stands still but for what a test adds, a microsecond a look.
  app = await testApp({}, { now: () => clock++ });
});

const pass = (seconds: number) => {
  clock += seconds * second;
};
const set = async (key: string, active_slots: number, more: object = {}) =>
  expect((await app.patch(`${v2}/${key}`, { active_slots, ...more })).status).toBe(204);
const lease = async (names: string[], slots: number): Promise<string> => {
  const { status, body } = await app.post(`${v2}/increment-with-lease`, { names, slots, lease_duration: 3600 });
  expect(status).toBe(200);
  return body.lease_id;
};
const release = (lease_id: string) => app.post(`${v2}/decrement-with-lease`, { lease_id });
const renew = async (lease_id: string) => (await app.post(`${v2}/leases/${lease_id}/renew`, { lease_duration: 3600 })).status;
const used = async (key: string): Promise<number> => (await app.get(`${v2}/${key}`)).body.active_slots;

// What the reference 3.9.1 does with a limit that decays: its leases are only counted, and go on whatever the number.
describe("the slots in use of a limit that decays, set by hand,", () => {
  beforeEach(() => app.post(`${v2}/`, { name: "rate", limit: 10, slot_decay_per_second: 0.1 }));

  it.each([
    [4, 0, 0, 0],
    [4, 5, 5, 1],
    [4, 2, 2, 0],
    [4, 20, 20, 16],
  ])("with %i leased, to %i are %i, and %i once the lease is given back", async (leased, number, then, afterwards) => {
    const lease_id = await lease(["rate"], leased);
    await set("rate", number);
    expect(await used("rate")).toBe(then);
    expect(await renew(lease_id)).toBe(204);
    await release(lease_id);
    expect(await used("rate")).toBe(afterwards);
  });

  it("decay from the moment at which they were set", async () => {
    await lease(["rate"], 9);
    pass(19);
    expect(await used("rate")).toBe(8);
    await set("rate", 5);
    pass(9);
    expect(await used("rate")).toBe(5);
    pass(2);
    expect(await used("rate")).toBe(4);
    pass(100);
    expect(await used("rate")).toBe(0);
  });

  it("stay when the same update ends the decay", async () => {
    await lease(["rate"], 9);
    await set("rate", 1, { slot_decay_per_second: 0 });
    pass(1000);
    expect(await used("rate")).toBe(1);
  });

  it("leave the other limits of its leases alone", async () => {
    await app.post(`${v2}/`, { name: "plain", limit: 10 });
    const lease_id = await lease(["rate", "plain"], 2);
    await set("rate", 0);
    expect([await used("rate"), await used("plain"), await renew(lease_id)]).toEqual([0, 2, 204]);
  });

  it("are given back when a lease ends for another limit that was set", async () => {
    await app.post(`${v2}/`, { name: "plain", limit: 10 });
    const [first, second] = [await lease(["rate", "plain"], 2), await lease(["rate"], 3)];
    await set("plain", 0);
    expect([await used("rate"), await used("plain")]).toEqual([3, 0]);
    expect([await renew(first), await renew(second)]).toEqual([410, 204]);
  });
});

describe("the slots in use of a limit whose runs hold them, set by hand,", () => {
  const holders = async (key: string): Promise<(string | undefined)[]> =>
    (await app.post(`${v2}/${key}/holders/filter`)).body.map((one: { holder: { id: string } | null }) => one.holder?.id);
  // A client that renews no leases: its runs hold their slots themselves, without an end.
  const old = { "user-agent": "prefect/3.3.0 (API 0.8.4)" };
  const move = async (kind: string, id: string, type: string, headers = {}): Promise<string> => {
    pass(1);
    return (await app.post(`/${kind}/${id}/set_state`, { state: { type } }, headers)).body.status;
  };

  const deployment = async () => {
    const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
    const { body } = await app.post("/deployments/", { name: "d", flow_id, concurrency_limit: 9 });
    const key: string = body.global_concurrency_limit.id;
    const run = async (headers?: Record<string, string>): Promise<string> => {
      const { id } = (await app.post(`/deployments/${body.id}/create_flow_run`, {})).body;
      expect([await move("flow_runs", id, "PENDING", headers), await move("flow_runs", id, "RUNNING", headers)]).toEqual([
        "ACCEPT",
        "ACCEPT",
      ]);
      return id;
    };
    return { key, run };
  };

  it("takes them from the oldest runs first, with a lease or without", async () => {
    const { key, run } = await deployment();
    const runs = [await run(old), await run(), await run(old), await run(), await run(old)];
    expect(await holders(key)).toHaveLength(5);
    await set(key, 3);
    expect([await used(key), (await holders(key)).sort()]).toEqual([3, runs.slice(2).sort()]);
    await set(key, 1);
    expect([await used(key), await holders(key)]).toEqual([1, runs.slice(4)]);
    await set(key, 0);
    expect([await used(key), await holders(key)]).toEqual([0, []]);
  });

  it.each([
    ["without a lease", old],
    ["with a lease", {}],
  ])("frees the slot of a stuck run %s for another, which keeps it when the first one ends", async (_, headers) => {
    const { key, run } = await deployment();
    await app.patch(`${v2}/${key}`, { limit: 1 });
    const stuck = await run(headers);
    expect([await used(key), await holders(key)]).toEqual([1, [stuck]]);
    await set(key, 0);
    expect(await used(key)).toBe(0);
    expect((await app.get(`/flow_runs/${stuck}`)).body.state.type).toBe("RUNNING");
    const next = await run(headers);
    expect(await move("flow_runs", stuck, "COMPLETED", headers)).toBe("ACCEPT");
    expect([await used(key), await holders(key)]).toEqual([1, [next]]);
    expect(await move("flow_runs", next, "COMPLETED", headers)).toBe("ACCEPT");
    expect(await used(key)).toBe(0);
  });

  it("frees the slot of a stuck task run for another, which keeps it when the first one ends", async () => {
    await app.post("/concurrency_limits/", { tag: "db", concurrency_limit: 1 });
    const task = async (dynamic_key: string): Promise<string> =>
      (await app.post("/task_runs/", { task_key: "t", dynamic_key, tags: ["db"] })).body.id;
    const [stuck, next] = [await task("0"), await task("1")];
    expect(await move("task_runs", stuck, "RUNNING")).toBe("ACCEPT");
    expect(await move("task_runs", next, "RUNNING")).toBe("WAIT");
    expect([await used("tag:db"), await holders("tag:db")]).toEqual([1, [stuck]]);
    await set("tag:db", 0);
    expect([await used("tag:db"), await holders("tag:db")]).toEqual([0, []]);
    expect(await move("task_runs", next, "RUNNING")).toBe("ACCEPT");
    expect(await move("task_runs", stuck, "COMPLETED")).toBe("ACCEPT");
    expect([await used("tag:db"), await holders("tag:db")]).toEqual([1, [next]]);
  });
});
