import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const v2 = "/v2/concurrency_limits";
const nobody = "00000000-0000-4000-8000-000000000000";
const [one, two, three] = [
  "11111111-1111-4111-8111-111111111111",
  "22222222-2222-4222-8222-222222222222",
  "33333333-3333-4333-8333-333333333333",
] as const;
const absent = { detail: "Concurrency limit not found" };

describe("concurrency limits of tags", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });

  const put = (tag: string, concurrency_limit = 1) => app.post("/concurrency_limits/", { tag, concurrency_limit });
  const take = (names: string[], task_run_id: string) => app.post("/concurrency_limits/increment", { names, task_run_id });
  const give = (names: string[], task_run_id: string) => app.post("/concurrency_limits/decrement", { names, task_run_id });
  const reset = (tag: string, body?: unknown) => app.post(`/concurrency_limits/tag/${tag}/reset`, body);
  /** Who holds slots of a tag, and how many are counted. */
  const held = async (tag: string) => [
    (await app.get(`/concurrency_limits/tag/${tag}`)).body.active_slots,
    (await app.get(`${v2}/tag:${tag}`)).body.active_slots,
  ];

  it("are made once per tag and changed after that", async () => {
    const first = await put("db", 2);
    expect([first.status, first.body]).toEqual([201, { ...first.body, tag: "db", concurrency_limit: 2, active_slots: [] }]);
    const again = await put("db", 5);
    expect([again.status, again.body.id, again.body.concurrency_limit]).toEqual([200, first.body.id, 5]);
    expect((await put("DB")).status).toBe(201);
    expect((await put("", 3)).body).toMatchObject({ tag: "", concurrency_limit: 3 });
    expect((await app.get(`/concurrency_limits/${first.body.id}`)).body).toEqual(again.body);
    expect((await app.get("/concurrency_limits/tag/db")).body).toEqual(again.body);
  });

  it.each([
    [{ tag: "x" }],
    [{ concurrency_limit: 1 }],
    [{ tag: null, concurrency_limit: 1 }],
    [{ tag: 5, concurrency_limit: 1 }],
    [{ tag: "a/b", concurrency_limit: 1 }],
    [{ tag: "x", concurrency_limit: -1 }],
    [{ tag: "x", concurrency_limit: 1.5 }],
    [{ tag: "x", concurrency_limit: 1, active_slots: [] }],
    [undefined],
  ])("are not made from %j", async (body) => {
    expect((await app.post("/concurrency_limits/", body)).status).toBe(422);
    expect((await app.post("/concurrency_limits/filter")).body).toEqual([]);
  });

  it("are the global limits of their names, and no others", async () => {
    const { body: tagged } = await put("db", 2);
    expect((await app.get(`${v2}/${tagged.id}`)).body).toMatchObject({ name: "tag:db", limit: 2 });
    await app.post(`${v2}/`, { name: "tag:api", limit: 3 });
    expect((await app.get("/concurrency_limits/tag/api")).body).toMatchObject({ tag: "api", concurrency_limit: 3 });
    const { body: other } = await app.post(`${v2}/`, { name: "tag", limit: 1 });
    for (const answer of [
      await app.get(`/concurrency_limits/${other.id}`),
      await app.delete(`/concurrency_limits/${other.id}`),
      await app.get(`/concurrency_limits/${nobody}`),
    ])
      expect([answer.status, answer.body]).toEqual([404, absent]);
    expect((await app.get("/concurrency_limits/not-a-uuid")).body).toEqual({ detail: "Not Found" });
    expect((await app.get(`${v2}/tag`)).status).toBe(200);
    expect((await app.post("/concurrency_limits/filter", { limit: 1 })).body).toMatchObject([{ tag: "api" }]);
  });

  it("are listed by tag with those who hold them", async () => {
    for (const tag of ["gpu", "db", "DB"]) await put(tag, 2);
    await app.post(`${v2}/`, { name: "a limit of something else", limit: 1 });
    await take(["db"], two);
    await take(["db"], one);
    const tags = async (body?: unknown) =>
      (await app.post("/concurrency_limits/filter", body)).body.map((l: { tag: string }) => l.tag);
    expect(await tags()).toEqual(["DB", "db", "gpu"]);
    expect(await tags({ limit: 1, offset: 1 })).toEqual(["db"]);
    expect((await app.post("/concurrency_limits/filter")).body[1].active_slots).toEqual([two, one]);
    expect((await app.post("/concurrency_limits/filter", { limit: 201 })).status).toBe(422);
  });

  it("give a task run a slot of each tag or none", async () => {
    const { body: db } = await put("db", 2);
    const { body: api } = await put("api");
    expect((await take(["db", "no limit", "api"], one)).body).toEqual([
      { id: db.id, name: "db", limit: 2 },
      { id: api.id, name: "api", limit: 1 },
    ]);
    const full = await take(["db", "api"], two);
    expect([full.status, full.body, full.headers.get("retry-after")]).toEqual([
      423,
      { detail: "Concurrency limit for the api tag has been reached" },
      "10.0",
    ]);
    expect([await held("db"), await held("api")]).toEqual([
      [[one], 1],
      [[one], 1],
    ]);
    expect((await take(["no limit"], two)).body).toEqual([]);
    expect((await take([], two)).body).toEqual([]);
    expect((await app.deps().db.execute({ sql: "select count(*) from concurrency_lease", args: [] })).rows[0]?.[0]).toBe(1);
  });

  it("forbid for ever where a limit is 0, whatever else is full or switched off", async () => {
    await put("db");
    await put("never", 0);
    await take(["db"], one);
    const forbidden = {
      detail: 'The concurrency limit on tag "never" is 0 and will deadlock if the task tries to run again.',
    };
    const answer = await take(["db", "never"], two);
    expect([answer.status, answer.body, answer.headers.get("retry-after")]).toEqual([423, forbidden, null]);
    await app.patch(`${v2}/tag:never`, { active: false });
    expect((await take(["never"], two)).body).toEqual(forbidden);
  });

  it("leave out what is switched off", async () => {
    await put("db");
    await put("api");
    await app.patch(`${v2}/tag:db`, { active: false });
    expect((await take(["db", "api"], one)).body).toMatchObject([{ name: "api" }]);
    expect(await held("db")).toEqual([[], 0]);
    expect((await take(["db"], two)).body).toEqual([]);
  });

  it("count each increment of one task run, and give all of them back at once", async () => {
    const { body: db } = await put("db", 3);
    await put("api", 3);
    await take(["db", "db"], one);
    await take(["db", "api"], one);
    await take(["api"], one);
    await take(["db"], two);
    expect(await held("db")).toEqual([[one, one, two], 3]);
    expect((await give(["db", "no limit"], one)).body).toEqual([{ id: db.id, name: "tag:db", limit: 3 }]);
    expect(await held("db")).toEqual([[two], 1]);
    // The lease on both went as a whole; the one on api alone lasts.
    expect(await held("api")).toEqual([[one], 1]);
    expect((await give(["db"], one)).body).toHaveLength(1);
    expect(await held("db")).toEqual([[two], 1]);
  });

  it("share their slots with leases of new clients and show the task runs among the holders", async () => {
    await put("db", 2);
    const lease = (type: string, id: string) =>
      app.post(`${v2}/increment-with-lease`, { names: ["tag:db"], slots: 1, holder: { type, id } });
    const { lease_id } = (await lease("task_run", one)).body;
    await lease("flow_run", two);
    expect(await held("db")).toEqual([[one], 2]);
    expect((await take(["db"], three)).status).toBe(423);
    await app.post(`${v2}/decrement-with-lease`, { lease_id });
    expect((await take(["db"], three)).status).toBe(200);
    expect(await held("db")).toEqual([[three], 2]);
    await give(["db"], two);
    expect(await held("db")).toEqual([[three], 1]);
  });

  it("are reset to the slots that are said to be held", async () => {
    await put("db", 4);
    await app.post(`${v2}/increment`, { names: ["tag:db"], slots: 2 });
    await take(["db"], one);
    const answer = await reset("db", { slot_override: [two, three, three], unknown: 1 });
    expect([answer.status, answer.body]).toEqual([200, null]);
    expect((await held("db"))[0].sort()).toEqual([two, three, three]);
    expect((await held("db"))[1]).toBe(3);
    await give(["db"], three);
    expect(await held("db")).toEqual([[two], 1]);
    for (const body of [{ slot_override: ["x"] }, { slot_override: one }, []]) expect((await reset("db", body)).status).toBe(422);
    await reset("db");
    expect(await held("db")).toEqual([[], 0]);
    expect((await reset("db", { slot_override: null })).status).toBe(200);
    const unknown = await reset("nope", { slot_override: [one] });
    expect([unknown.status, unknown.body]).toEqual([404, absent]);
    expect((await app.deps().db.execute({ sql: "select count(*) from concurrency_lease", args: [] })).rows[0]?.[0]).toBe(0);
  });

  it("go with all leases on them, also those on other limits", async () => {
    const { body: db } = await put("db");
    await put("api");
    await take(["db", "api"], one);
    const answer = await app.delete(`/concurrency_limits/${db.id}`);
    expect([answer.status, answer.body]).toEqual([200, null]);
    expect(await held("api")).toEqual([[], 0]);
    expect((await app.delete(`/concurrency_limits/${db.id}`)).body).toEqual(absent);
    expect((await app.delete("/concurrency_limits/tag/api")).status).toBe(200);
    expect((await app.delete("/concurrency_limits/tag/api")).body).toEqual(absent);
  });

  it("tell of themselves and not of their slots", async () => {
    const { body: db } = await put("db", 2);
    await put("db", 3);
    await take(["db"], one);
    await give(["db"], one);
    await reset("db");
    await app.delete("/concurrency_limits/tag/db");
    const { rows } = await app
      .deps()
      .db.execute({ sql: "select event, resource_id, payload from event order by occurred", args: [] });
    const event = (what: string, limit: number) => [
      `prefect.concurrency-limit.${what}`,
      `prefect.concurrency-limit.${db.id}`,
      { name: "tag:db", limit, active: true, slot_decay_per_second: 0 },
    ];
    expect(rows.map((row) => [row[0], row[1], JSON.parse(String(row[2]))])).toEqual([
      event("created", 2),
      event("updated", 3),
      event("deleted", 3),
    ]);
  });

  it.each([
    [{ names: ["db"] }],
    [{ task_run_id: one }],
    [{ names: "db", task_run_id: one }],
    [{ names: ["db"], task_run_id: "x" }],
    [{ names: [1], task_run_id: one }],
  ])("refuse %j as a request for slots", async (body) => {
    await put("db");
    for (const path of ["increment", "decrement"]) expect((await app.post(`/concurrency_limits/${path}`, body)).status).toBe(422);
    expect(await held("db")).toEqual([[], 0]);
  });

  it("cost one round trip, whatever is asked", async () => {
    const answers = [
      await put("db"),
      await take(["db"], one),
      await take(["db"], two),
      await app.get("/concurrency_limits/tag/db"),
      await app.post("/concurrency_limits/filter"),
      await reset("db", { slot_override: [two] }),
      await give(["db"], two),
      await app.delete("/concurrency_limits/tag/db"),
    ];
    expect(answers.map((a) => a.roundTrips)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });
});
