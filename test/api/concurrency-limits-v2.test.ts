import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const v2 = "/v2/concurrency_limits";
const nobody = "00000000-0000-4000-8000-000000000000";
const taskRun = "11111111-1111-4111-8111-111111111111";
const start = 1_800_000_000_000_000;
const second = 1_000_000;
const conflict =
  "Data integrity conflict. This usually means a unique or foreign key constraint was violated. See server logs for details.";

describe("global concurrency limits", () => {
  let app: TestApp;
  let clock: number;
  let chance: number;
  beforeEach(async () => {
    clock = start;
    chance = 0.5;
    // The clock stands still but for what a test adds, a microsecond a look.
    app = await testApp({}, { now: () => clock++, random: () => chance });
  });

  const pass = (seconds: number) => {
    clock += seconds * second;
  };
  const add = (name: string, more: Record<string, unknown> = {}) => app.post(`${v2}/`, { name, limit: 1, ...more });
  const take = (names: string[], more: Record<string, unknown> = {}) => app.post(`${v2}/increment`, { names, slots: 1, ...more });
  const give = (names: string[], more: Record<string, unknown> = {}) => app.post(`${v2}/decrement`, { names, slots: 1, ...more });
  const lease = (names: string[], more: Record<string, unknown> = {}) =>
    app.post(`${v2}/increment-with-lease`, { names, slots: 1, ...more });
  const release = (lease_id: string) => app.post(`${v2}/decrement-with-lease`, { lease_id });
  const renew = (lease_id: string, body?: unknown) => app.post(`${v2}/leases/${lease_id}/renew`, body);
  const used = async (name: string) => (await app.get(`${v2}/${name}`)).body.active_slots;

  it.each(["increment", "decrement", "increment-with-lease"])("asked for with no name refuse to %s", async (operation) => {
    const { status, body } = await app.post(`${v2}/${operation}`, { names: [], slots: 1 });
    expect(status).toBe(422);
    expect(body.exception_detail).toEqual([
      {
        type: "too_short",
        loc: ["body", "names"],
        msg: "List should have at least 1 item after validation, not 0",
        input: [],
        ctx: { field_type: "List", min_length: 1, actual_length: 0 },
      },
    ]);
  });

  describe("whose slots in use are set by hand", () => {
    const set = (active_slots: number) => app.patch(`${v2}/api`, { active_slots });

    it("end the leases above the number, the oldest first, with their other limits", async () => {
      await add("api", { limit: 9 });
      await add("db", { limit: 9 });
      const ids: string[] = [];
      for (const slots of [2, 1, 3]) ids.push((await lease(["api", "db"], { slots })).body.lease_id);
      const alive = async () => (await Promise.all(ids.map((id) => renew(id)))).map(({ status }) => status);
      expect((await set(4)).status).toBe(204);
      expect([await used("api"), await used("db")]).toEqual([4, 4]);
      expect(await alive()).toEqual([410, 204, 204]);
      await set(2);
      expect([await used("api"), await used("db")]).toEqual([2, 0]);
      expect(await alive()).toEqual([410, 410, 410]);
    });

    it("are free again after 0", async () => {
      await add("api", { limit: 1 });
      await lease(["api"]);
      expect((await lease(["api"])).status).toBe(423);
      await set(0);
      expect(await used("api")).toBe(0);
      expect((await lease(["api"])).status).toBe(200);
    });

    it("count what no lease holds until it is given back or set again", async () => {
      await add("api", { limit: 9 });
      const { lease_id } = (await lease(["api"], { slots: 2 })).body;
      await set(5);
      expect(await used("api")).toBe(5);
      await release(lease_id);
      expect(await used("api")).toBe(3);
      await give(["api"], { slots: 3 });
      expect(await used("api")).toBe(0);
    });

    it("leave leases of other limits and those that fit alone", async () => {
      await add("api", { limit: 9 });
      await add("other", { limit: 9 });
      const here = (await lease(["api"], { slots: 2 })).body.lease_id;
      const there = (await lease(["other"], { slots: 2 })).body.lease_id;
      await set(2);
      expect([(await renew(here)).status, (await renew(there)).status]).toEqual([204, 204]);
      expect(await used("other")).toBe(2);
    });
  });

  describe("and who holds them", () => {
    const holders = async (key: string, body?: unknown) => (await app.post(`${v2}/${key}/holders/filter`, body)).body;

    it("are told in the order in which they took their slots, with what counts as long as it lasts", async () => {
      const { id } = (await add("api", { limit: 20 })).body;
      await add("other", { limit: 20 });
      const named = (await lease(["api", "other"], { slots: 2, lease_duration: 60, holder: { type: "task_run", id: taskRun } }))
        .body;
      pass(1);
      const nameless = (await lease(["api"], { lease_duration: 600 })).body;
      await lease(["other"]);
      await take(["api"], { slots: 3 });
      const found = await holders("api");
      expect(found).toEqual([
        expect.objectContaining({ lease_id: named.lease_id, holder: { type: "task_run", id: taskRun }, slots: 2 }),
        expect.objectContaining({ lease_id: nameless.lease_id, holder: null, slots: 1 }),
      ]);
      expect(Date.parse(found[0].expires) - Date.parse(found[0].since)).toBe(60_000);
      expect(await holders(id, { limit: 1, offset: 1 })).toEqual([found[1]]);
      // Three of the six slots in use were taken without a lease.
      expect(await used("api")).toBe(6);
      pass(60);
      expect(await holders("api")).toEqual([found[1]]);
      await release(nameless.lease_id);
      expect(await holders("api")).toEqual([]);
      expect((await app.post(`${v2}/nope/holders/filter`)).status).toBe(404);
    });

    it("are flow runs that hold a slot of their deployment's limit themselves", async () => {
      const flow_id = (await app.post("/flows/", { name: "f" })).body.id;
      const deployment = (await app.post("/deployments/", { name: "d", flow_id, concurrency_limit: 2 })).body;
      const run = (await app.post(`/deployments/${deployment.id}/create_flow_run`, {})).body;
      await app.post(`/flow_runs/${run.id}/set_state`, { state: { type: "PENDING" } });
      const found = () => holders(deployment.global_concurrency_limit.id);
      const holder = { type: "flow_run", id: run.id };
      expect(await found()).toEqual([expect.objectContaining({ lease_id: expect.any(String), holder, slots: 1 })]);
      // A client that renews no leases.
      const old = { "user-agent": "prefect/3.3.0 (API 0.8.4)" };
      await app.post(`/flow_runs/${run.id}/set_state`, { state: { type: "RUNNING" } }, old);
      expect(await found()).toEqual([expect.objectContaining({ lease_id: null, holder, slots: 1, expires: null })]);
      await app.post(`/flow_runs/${run.id}/set_state`, { state: { type: "CANCELLED" } });
      expect(await found()).toEqual([]);
    });
  });

  describe("as objects", () => {
    it("are created whole and read without what only creation shows", async () => {
      const { status, body } = await add("api", {
        limit: 10,
        active: false,
        active_slots: 4,
        denied_slots: 2,
        slot_decay_per_second: 0.25,
      });
      expect(status).toBe(201);
      expect(body).toEqual({
        id: body.id,
        created: expect.stringMatching(/^2027-01-15T08:00:00\.00000\dZ$/),
        updated: body.created,
        active: false,
        name: "api",
        limit: 10,
        active_slots: 4,
        denied_slots: 2,
        slot_decay_per_second: 0.25,
        avg_slot_occupancy_seconds: 2,
      });
      const { denied_slots, avg_slot_occupancy_seconds, ...read } = body;
      expect((await app.get(`${v2}/api`)).body).toEqual(read);
      expect((await app.get(`${v2}/${body.id.toUpperCase()}`)).body).toEqual(read);
      expect((await app.get(`${v2}/${body.id.replaceAll("-", "")}`)).body).toEqual(read);
      expect((await app.get(`${v2}/API`)).body).toEqual({ detail: "Concurrency Limit not found" });
    });

    it("are found by an id where the name reads as one", async () => {
      await add(taskRun);
      expect((await app.get(`${v2}/${taskRun}`)).status).toBe(404);
    });

    it("keep their names to themselves", async () => {
      await add("a");
      await add("b");
      expect((await add("a")).body).toEqual({ detail: conflict });
      const renamed = await app.patch(`${v2}/a`, { name: "b" });
      expect([renamed.status, renamed.body]).toEqual([409, { detail: conflict }]);
      expect((await app.patch(`${v2}/a`, { name: "a" })).status).toBe(204);
    });

    it.each([
      [{ limit: 1 }],
      [{ name: "x" }],
      [{ name: "", limit: 1 }],
      [{ name: "a/b", limit: 1 }],
      [{ name: 5, limit: 1 }],
      [{ name: "x", limit: -1 }],
      [{ name: "x", limit: null }],
      [{ name: "x", limit: 1.5 }],
      [{ name: "x", limit: 1, active: null }],
      [{ name: "x", limit: 1, active_slots: -1 }],
      [{ name: "x", limit: 1, slot_decay_per_second: -0.1 }],
      [{ name: "x", limit: 1, avg_slot_occupancy_seconds: 3 }],
      [{ name: "x", limit: 1, id: taskRun }],
      [[]],
      [undefined],
    ])("are not created from %j", async (body) => {
      expect((await app.post(`${v2}/`, body)).status).toBe(422);
      expect((await app.post(`${v2}/filter`)).body).toEqual([]);
    });

    it("change only what is sent", async () => {
      const { body: limit } = await add("a", { limit: 2, active_slots: 1 });
      pass(1);
      expect((await app.patch(`${v2}/a`, { limit: 5 })).status).toBe(204);
      const changed = (await app.get(`${v2}/a`)).body;
      expect(changed).toMatchObject({ limit: 5, active_slots: 1, active: true, created: limit.created });
      expect(changed.updated > limit.updated).toBe(true);
      expect((await app.patch(`${v2}/${limit.id}`, { name: "web", active_slots: 7 })).status).toBe(204);
      expect((await app.get(`${v2}/web`)).body).toMatchObject({ limit: 5, active_slots: 7 });
      expect((await app.patch(`${v2}/a`, { limit: 1 })).status).toBe(404);
    });

    it.each(["limit", "name", "active", "active_slots", "denied_slots", "slot_decay_per_second"])(
      "answer null for %s with a conflict",
      async (member) => {
        const { body: limit } = await add("a");
        const answer = await app.patch(`${v2}/a`, { [member]: null });
        expect([answer.status, answer.body]).toEqual([409, { detail: conflict }]);
        expect((await app.get(`${v2}/a`)).body.updated).toBe(limit.updated);
        expect((await app.patch(`${v2}/nobody`, { [member]: null })).status).toBe(404);
      },
    );

    it("refuse changes that are none of theirs", async () => {
      await add("a");
      for (const body of [
        { limit: -1 },
        { name: "a/b" },
        { name: "" },
        { unknown: 1 },
        { avg_slot_occupancy_seconds: 1 },
        undefined,
      ])
        expect((await app.patch(`${v2}/a`, body)).status).toBe(422);
    });

    it("are listed by the bytes of their names", async () => {
      for (const name of ["delta", "alpha", "Beta", "tag:x"]) await add(name);
      const names = async (body?: unknown) => (await app.post(`${v2}/filter`, body)).body.map((l: { name: string }) => l.name);
      expect(await names()).toEqual(["Beta", "alpha", "delta", "tag:x"]);
      expect(await names({ limit: 2, offset: 1, sort: "ignored" })).toEqual(["alpha", "delta"]);
      expect(await names({ limit: 0 })).toEqual([]);
      expect((await app.post(`${v2}/filter`, { limit: 201 })).status).toBe(422);
    });

    it("tell what becomes of them, and of slots nothing", async () => {
      const { body: limit } = await add("db", { limit: 2 });
      await app.patch(`${v2}/db`, {});
      await app.patch(`${v2}/db`, { name: "database", active: false, slot_decay_per_second: 0.5 });
      await app.patch(`${v2}/db`, { limit: 9 }); // there is none of this name any more
      await app.patch(`${v2}/database`, { name: null }); // refused
      await app.patch(`${v2}/database`, { active: true });
      await release((await lease(["database"])).body.lease_id);
      await give((await take(["database"])).body.map((l: { name: string }) => l.name));
      await app.delete(`${v2}/database`);
      await app.delete(`${v2}/database`);
      const { rows } = await app.deps().db.execute({
        sql: "select event, resource, payload, resource_id from event order by occurred",
        args: [],
      });
      const payload = (name: string, active: boolean, slot_decay_per_second: number) => ({
        name,
        limit: 2,
        active,
        slot_decay_per_second,
      });
      expect(rows.map((row) => [row[0], JSON.parse(String(row[2]))])).toEqual([
        ["prefect.concurrency-limit.created", payload("db", true, 0)],
        ["prefect.concurrency-limit.updated", payload("db", true, 0)],
        ["prefect.concurrency-limit.updated", payload("database", false, 0.5)],
        ["prefect.concurrency-limit.updated", payload("database", true, 0.5)],
        ["prefect.concurrency-limit.deleted", payload("database", true, 0.5)],
      ]);
      expect(JSON.parse(String(rows[2]?.[1]))).toEqual({
        "prefect.resource.id": `prefect.concurrency-limit.${limit.id}`,
        "prefect.resource.name": "database",
      });
    });
  });

  describe("slots", () => {
    it("are taken from every limit or from none", async () => {
      await add("a", { limit: 2 });
      await add("b");
      expect((await take(["a", "b"])).body.map((l: { name: string }) => l.name)).toEqual(["a", "b"]);
      const denied = await take(["a", "b"]);
      expect([denied.status, denied.body]).toEqual([423, { detail: "Locked" }]);
      expect([await used("a"), await used("b")]).toEqual([1, 1]);
      await give(["a", "b"], { slots: 5 });
      expect([await used("a"), await used("b")]).toEqual([0, 0]);
      // Each asks for all that there is: what the first of them takes must not make the others look full.
      await add("c");
      expect((await take(["a", "b", "c"])).status).toBe(200);
      await give(["a"]);
      expect((await take(["a"], { slots: 2 })).status).toBe(200);
      expect([await used("a"), await used("b"), await used("c")]).toEqual([2, 1, 1]);
    });

    it("do not count where there is no limit or it is switched off, and once where it is named twice", async () => {
      await add("on", { limit: 2 });
      await add("off", { active: false, active_slots: 3 });
      expect((await take(["nobody"])).body).toEqual([]);
      expect((await take(["off"], { slots: 50 })).body).toHaveLength(1);
      expect((await take(["nobody", "on", "off", "on"])).body).toHaveLength(2);
      expect([await used("on"), await used("off")]).toEqual([1, 3]);
      expect((await give(["off", "on", "nobody"])).body).toHaveLength(2);
      expect([await used("on"), await used("off")]).toEqual([0, 3]);
      expect((await take(["made?"], { create_if_missing: true })).body).toEqual([]);
      expect((await app.get(`${v2}/made%3F`)).status).toBe(404);
    });

    it("cannot be more than a limit ever has, whatever else is full", async () => {
      await add("a", { limit: 2 });
      await add("full", { limit: 4, active_slots: 4 });
      await add("zero", { limit: 0 });
      for (const [names, slots] of [
        [["a"], 3],
        [["full", "a"], 3],
        [["zero"], 1],
      ] as const) {
        const answer = await take([...names], { slots });
        expect([answer.status, answer.body]).toEqual([422, { detail: "Slots requested is greater than the limit" }]);
      }
      expect(await used("a")).toBe(0);
    });

    it("decay by whole slots for each time since the last change", async () => {
      await add("rate", { limit: 3, slot_decay_per_second: 0.5 });
      await take(["rate"], { slots: 3, mode: "rate_limit" });
      pass(1.9);
      expect(await used("rate")).toBe(3);
      expect((await take(["rate"], { mode: "rate_limit" })).status).toBe(423);
      pass(0.2);
      expect(await used("rate")).toBe(2);
      expect((await take(["rate"])).status).toBe(200);
      expect((await app.post(`${v2}/filter`)).body[0].active_slots).toBe(3);
      pass(1.9);
      await app.patch(`${v2}/rate`, { limit: 5 }); // does not start the decay anew
      pass(0.2);
      expect(await used("rate")).toBe(2);
      await give(["rate"]);
      expect(await used("rate")).toBe(1);
      pass(1000);
      expect(await used("rate")).toBe(0);
    });

    it("keep what has decayed when the rate changes", async () => {
      await add("rate", { limit: 10, active_slots: 10, slot_decay_per_second: 1 });
      pass(4);
      await app.patch(`${v2}/rate`, { slot_decay_per_second: 0 });
      pass(4);
      expect(await used("rate")).toBe(6);
    });

    it("are for rate limiting only where they decay", async () => {
      await add("fast", { slot_decay_per_second: 1 });
      await add("never");
      await add("nor this");
      await add("off", { active: false });
      const answer = await take(["nor this", "fast", "never", "off"], { mode: "rate_limit" });
      expect([answer.status, answer.body]).toEqual([
        422,
        {
          detail:
            "Only concurrency limits with slot decay can be used for rate limiting. The following limits do not have a decay configured: 'nor this,never'",
        },
      ]);
      expect(await used("fast")).toBe(0);
      expect((await take(["fast", "off"], { mode: "rate_limit" })).status).toBe(200);
      expect((await lease(["never"], { mode: "rate_limit" })).status).toBe(422);
    });

    it.each([
      [{ names: ["a"] }],
      [{ slots: 1 }],
      [{ names: "a", slots: 1 }],
      [{ names: ["a"], slots: 0 }],
      [{ names: ["a"], slots: 1.5 }],
      [{ names: ["a"], slots: null }],
      [{ names: [1], slots: 1 }],
      [{ names: null, slots: 1 }],
    ])("are neither taken nor given back by %j", async (body) => {
      await add("a", { active_slots: 1, limit: 5 });
      for (const path of ["increment", "decrement", "increment-with-lease"])
        expect((await app.post(`${v2}/${path}`, body)).status).toBe(422);
      expect(await used("a")).toBe(1);
    });

    it("read what is lenient leniently", async () => {
      await add("a", { limit: 9 });
      expect((await take(["a"], { mode: null, unknown: 1 })).status).toBe(200);
      expect((await take(["a"], { slots: "2" })).status).toBe(200);
      expect((await take(["a"], { mode: "both" })).status).toBe(422);
      expect((await give(["a"], { occupancy_seconds: null, create_if_missing: null })).status).toBe(200);
      expect((await give(["a"], { occupancy_seconds: 0 })).status).toBe(422);
      expect(await used("a")).toBe(2);
    });

    it("tell how long to wait", async () => {
      await add("one", { active_slots: 1 });
      await add("four", { limit: 4, active_slots: 4 });
      const wait = async (names: string[], more = {}) => Number((await take(names, more)).headers.get("retry-after"));
      chance = 0;
      const shortest = await wait(["one"]);
      chance = 1 - Number.EPSILON;
      const longest = await wait(["one"]);
      expect(shortest).toBeGreaterThan(1.4);
      expect(shortest).toBeLessThan(2);
      expect(longest).toBeCloseTo(2.6, 5);
      expect(await wait(["four"], { slots: 2 })).toBeCloseTo(1.3, 5);
      expect(await wait(["four", "one"])).toBeCloseTo(2.6, 5);
      expect(Number((await lease(["one"])).headers.get("retry-after"))).toBeCloseTo(2.6, 5);
      await give(["one"], { occupancy_seconds: 10 });
      await take(["one"]);
      expect(await wait(["one"])).toBeCloseTo(1.3 * 6, 5); // 2 + (10 - 2) / 2
    });

    it("are taken and given back by one round trip", async () => {
      await add("a", { limit: 2 });
      const answers = [await take(["a"]), await lease(["a"]), await take(["a"]), await give(["a"])];
      expect(answers.map((a) => [a.status, a.roundTrips])).toEqual([
        [200, 1],
        [200, 1],
        [423, 1],
        [200, 1],
      ]);
      const { lease_id } = answers[1]?.body ?? {};
      expect([(await renew(lease_id)).roundTrips, (await release(lease_id)).roundTrips]).toEqual([1, 1]);
    });
  });

  describe("leases", () => {
    it("hold slots until they are given back, once", async () => {
      await add("a", { limit: 3 });
      await take(["a"]);
      const { body } = await lease(["a"], { slots: 2, mode: "concurrency", lease_duration: 300 });
      expect(body.limits).toMatchObject([{ name: "a", limit: 3 }]);
      expect(await used("a")).toBe(3);
      expect((await lease(["a"])).status).toBe(423);
      expect((await release(body.lease_id)).status).toBe(204);
      expect((await release(body.lease_id)).status).toBe(204);
      expect((await release(nobody)).status).toBe(204);
      expect(await used("a")).toBe(1);
    });

    it("end at their time unless they are renewed", async () => {
      await add("a");
      const { lease_id } = (await lease(["a"], { lease_duration: 60 })).body;
      pass(59);
      expect((await renew(lease_id, { lease_duration: 60 })).status).toBe(204);
      pass(59);
      expect(await used("a")).toBe(1);
      expect((await renew(lease_id)).status).toBe(204); // 300 seconds
      pass(299);
      expect((await lease(["a"])).status).toBe(423);
      pass(2);
      expect(await used("a")).toBe(0);
      const other = await lease(["a"]);
      expect(other.status).toBe(200);
      const late = await renew(lease_id, {});
      expect([late.status, late.body]).toEqual([410, { detail: "Lease not found - it may have expired or been revoked" }]);
      expect((await release(lease_id)).status).toBe(204);
      expect(await used("a")).toBe(1);
    });

    it("are made of no slot where no name has a limit", async () => {
      const { status, body } = await lease(["nobody"], { holder: { type: "task_run", id: taskRun } });
      expect([status, body.limits]).toEqual([200, []]);
      expect((await renew(body.lease_id, { lease_duration: 60 })).status).toBe(204);
      expect((await lease(["nobody"])).body.limits).toEqual([]);
    });

    it("do not count where the limit is switched off, then or now", async () => {
      await add("a", { limit: 5 });
      await add("off", { limit: 5, active: false });
      const { body } = await lease(["a", "off", "nobody"], { slots: 3 });
      expect(body.limits).toHaveLength(2);
      expect([await used("a"), await used("off")]).toEqual([3, 0]);
      await app.patch(`${v2}/off`, { active: true });
      await release(body.lease_id);
      expect([await used("a"), await used("off")]).toEqual([0, 0]);
    });

    it("follow a limit to its new name, outlast it, and do not touch another one of its name", async () => {
      await add("a");
      await add("b");
      const { lease_id } = (await lease(["a", "b"])).body;
      await app.patch(`${v2}/a`, { name: "c" });
      expect(await used("c")).toBe(1);
      await app.delete(`${v2}/c`);
      await add("c", { active_slots: 1 });
      expect((await renew(lease_id)).status).toBe(204);
      await release(lease_id);
      expect([await used("b"), await used("c")]).toEqual([0, 1]);
    });

    it("count beside a number set by hand, which is in use as a whole", async () => {
      await add("a", { limit: 9 });
      const { lease_id } = (await lease(["a"], { slots: 2 })).body;
      await app.patch(`${v2}/a`, { active_slots: 5 });
      expect(await used("a")).toBe(5);
      await release(lease_id);
      expect(await used("a")).toBe(3);
    });

    it.each([
      [{ lease_duration: 59.9 }],
      [{ lease_duration: 86401 }],
      [{ lease_duration: "soon" }],
      [{ holder: { type: "worker", id: taskRun } }],
      [{ holder: { type: "task_run" } }],
      [{ holder: { type: "task_run", id: "x" } }],
      [{ holder: { type: "task_run", id: taskRun, name: "x" } }],
      [{ holder: taskRun }],
    ])("are not made with %j", async (more) => {
      await add("a");
      expect((await lease(["a"], more)).status).toBe(422);
      expect(await used("a")).toBe(0);
    });

    it("are not renewed with what is no duration, nor found by what is no id", async () => {
      const { lease_id } = (await lease(["nobody"])).body;
      for (const lease_duration of [59, 86401, "x"]) expect((await renew(lease_id, { lease_duration })).status).toBe(422);
      expect((await renew("x", {})).status).toBe(422);
      expect((await renew(nobody, {})).status).toBe(410);
      expect((await app.get(`${v2}/leases/${lease_id}`)).status).toBe(404);
      for (const body of [{}, { lease_id: "x" }, { lease_id: null }, undefined])
        expect((await app.post(`${v2}/decrement-with-lease`, body)).status).toBe(422);
    });
  });
});
