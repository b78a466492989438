import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, type TestApp, testApp } from "../support/app.ts";

const v2 = "/v2/concurrency_limits";
const clients = 32;
const rounds = 12;
const taskRun = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`;

describe("many clients at once", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  const add = (name: string, limit: number, more = {}) => app.post(`${v2}/`, { name, limit, ...more });
  const used = async (name: string): Promise<number> => (await app.get(`${v2}/${name}`)).body.active_slots;
  const leases = async () =>
    Number((await app.deps().db.execute({ sql: "select count(*) from concurrency_lease", args: [] })).rows[0]?.[0]);
  const lease = (names: string[], more = {}) => app.post(`${v2}/increment-with-lease`, { names, slots: 1, ...more });
  const release = (lease_id: string) => app.post(`${v2}/decrement-with-lease`, { lease_id });
  const granted = (answers: readonly Answer[]) => answers.filter((answer) => answer.status === 200);
  const all = <T>(work: (i: number) => Promise<T>) => Promise.all(Array.from({ length: clients }, (_, i) => work(i)));
  const statuses = (answers: readonly Answer[]) => [...new Set(answers.map((answer) => answer.status))].sort();

  it("find one winner for the last slot, round after round, with a lease", { timeout: 60_000 }, async () => {
    await add("a", 3);
    for (let round = 0; round < 2; round++) await lease(["a"]);
    for (let round = 0; round < rounds; round++) {
      const answers = await all(() => lease(["a"]));
      expect(statuses(answers)).toEqual([200, 423]);
      expect(granted(answers)).toHaveLength(1);
      expect(await used("a")).toBe(3);
      await release(granted(answers)[0]?.body.lease_id);
      expect(await used("a")).toBe(2);
    }
    expect(await leases()).toBe(2);
  });

  it("find one winner for the last slot however it is taken", { timeout: 60_000 }, async () => {
    await add("tag:db", 1);
    for (let round = 0; round < rounds; round++) {
      const answers = await all((i) =>
        i % 3 === 0
          ? lease(["tag:db"])
          : i % 3 === 1
            ? app.post(`${v2}/increment`, { names: ["tag:db"], slots: 1 })
            : app.post("/concurrency_limits/increment", { names: ["db"], task_run_id: taskRun(i) }),
      );
      expect(statuses(answers)).toEqual([200, 423]);
      expect(granted(answers)).toHaveLength(1);
      expect(await used("tag:db")).toBe(1);
      const winner = answers.findIndex((answer) => answer.status === 200);
      if (winner % 3 === 0) await release(answers[winner]?.body.lease_id);
      else if (winner % 3 === 1) await app.post(`${v2}/decrement`, { names: ["tag:db"], slots: 1 });
      else await app.post("/concurrency_limits/decrement", { names: ["db"], task_run_id: taskRun(winner) });
      expect(await used("tag:db")).toBe(0);
    }
    expect(await leases()).toBe(0);
  });

  it("never get past one of several limits and lose nothing of the others", { timeout: 60_000 }, async () => {
    await add("a", 20);
    await add("b", 5);
    await add("c", 11);
    for (let round = 0; round < 4; round++) {
      const answers = await all((i) => lease(i % 2 === 0 ? ["a", "b", "c"] : ["c", "b"], { slots: 1 + (i % 2) }));
      const slots = answers.map((answer, i) => (answer.status === 200 ? 1 + (i % 2) : 0));
      const sum = slots.reduce((total, n) => total + n, 0);
      // Whoever was refused would not have fitted: at most one slot may be left, where two were asked for.
      expect([4, 5]).toContain(sum);
      const withA = slots.filter((_, i) => i % 2 === 0).reduce((total, n) => total + n, 0);
      expect([await used("a"), await used("b"), await used("c")]).toEqual([withA, sum, sum]);
      await Promise.all(granted(answers).map((answer) => release(answer.body.lease_id)));
      expect([await used("a"), await used("b"), await used("c")]).toEqual([0, 0, 0]);
    }
    expect(await leases()).toBe(0);
  });

  it("never stand above the limit while all take, renew and give back", { timeout: 60_000 }, async () => {
    await add("a", 4);
    let working = true;
    let watched = 0;
    const watch = (async () => {
      let most = 0;
      while (working) {
        most = Math.max(most, await used("a"));
        watched++;
      }
      return most;
    })();
    let held = 0;
    let most = 0;
    await all(async () => {
      for (let round = 0; round < 6; round++) {
        const { status, body } = await lease(["a"]);
        if (status !== 200) continue;
        most = Math.max(most, ++held);
        const [renewed] = await Promise.all([app.post(`${v2}/leases/${body.lease_id}/renew`, {}), used("a")]);
        expect(renewed.status).toBe(204);
        held--;
        const released = await Promise.all([release(body.lease_id), release(body.lease_id)]);
        expect(statuses(released)).toEqual([204]);
      }
    });
    working = false;
    expect(await watch).toBeLessThanOrEqual(4);
    expect(watched).toBeGreaterThan(5);
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
    expect([await used("a"), await leases()]).toEqual([0, 0]);
  });

  it("count every slot of a rate limit once", { timeout: 60_000 }, async () => {
    await add("rate", 10, { slot_decay_per_second: 0.000001 });
    const answers = await all(() => app.post(`${v2}/increment`, { names: ["rate"], slots: 1, mode: "rate_limit" }));
    expect([granted(answers).length, await used("rate")]).toEqual([10, 10]);
  });

  it("either renew a lease or find it gone when it is given back at the same time", { timeout: 60_000 }, async () => {
    await add("a", 1);
    for (let round = 0; round < rounds; round++) {
      const { lease_id } = (await lease(["a"])).body;
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, () => app.post(`${v2}/leases/${lease_id}/renew`, {})),
        release(lease_id),
        ...Array.from({ length: 4 }, () => app.post(`${v2}/leases/${lease_id}/renew`, {})),
      ]);
      expect(answers.every((answer) => answer.status === 204 || answer.status === 410)).toBe(true);
      expect((await app.post(`${v2}/leases/${lease_id}/renew`, {})).status).toBe(410);
      expect(await used("a")).toBe(0);
    }
  });

  it("make one limit of a tag", async () => {
    const answers = await all((i) => app.post("/concurrency_limits/", { tag: "db", concurrency_limit: i }));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    const { rows } = await app
      .deps()
      .db.execute({ sql: "select event, count(*) from event group by event order by event", args: [] });
    expect(rows.map((row) => [row[0], row[1]])).toEqual([
      ["prefect.concurrency-limit.created", 1],
      ["prefect.concurrency-limit.updated", clients - 1],
    ]);
  });
});
