import { beforeEach, describe, expect, it } from "vitest";
import { setAutomationEnabled } from "../../src/services/write-automation.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { automationBody, onEvent } from "../support/automations.ts";

const nobody = "00000000-0000-4000-8000-000000000000";
const absent = { exception_message: "Automation not found" };

let app: TestApp;
beforeEach(async () => {
  app = await testApp();
});

const make = async (more: object = {}) => {
  const { status, body, text } = await app.post("/automations/", automationBody(more));
  expect(status, text).toBe(201);
  return body;
};
const read = async (id: string) => (await app.get(`/automations/${id}`)).body;
const count = async () => (await app.post("/automations/count", {})).body;
const runs = (deployment_id: string, more: object = {}) => ({ type: "run-deployment", deployment_id, ...more });

interface Told {
  readonly event: string;
  readonly resource: object;
  readonly related: unknown[];
  readonly payload: unknown;
}
const told = async (id: string): Promise<Told[]> => {
  const filter = { resource: { id: [`prefect.automation.${id}`] }, order: "ASC" };
  return (await app.post("/events/filter", { filter })).body.events;
};

describe("an automation", () => {
  it("is created with its defaults in one round trip, and read in one", async () => {
    const made = await app.post("/automations/", { name: "", trigger: { posture: "Reactive" }, actions: [] });
    expect([made.status, made.roundTrips]).toEqual([201, 1]);
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(made.body).toEqual({
      id: uuid,
      created: made.body.updated,
      updated: expect.stringMatching(/Z$/),
      name: "",
      description: "",
      enabled: true,
      tags: [],
      trigger: {
        type: "event",
        id: uuid,
        match: {},
        match_related: {},
        after: [],
        expect: [],
        for_each: [],
        posture: "Reactive",
        threshold: 1,
        within: 0,
      },
      actions: [],
      actions_on_trigger: [],
      actions_on_resolve: [],
    });
    const got = await app.get(`/automations/${made.body.id}`);
    expect([got.body, got.roundTrips]).toEqual([made.body, 1]);
  });

  it("keeps the order and the repeats of its tags, and its free JSON exactly", async () => {
    const raw = `{"name": "n", "tags": ["b", "a", "b"], "trigger": {"posture": "Reactive"},
      "actions": [{"type": "run-deployment", "deployment_id": "${nobody}", "parameters": {"big": 12345678901234567890, "float": 2.0}}]}`;
    const made = await app.post("/automations/", raw);
    expect(made.body.tags).toEqual(["b", "a", "b"]);
    const { text } = await app.get(`/automations/${made.body.id}`);
    expect(text).toContain('"big":12345678901234567890,"float":2.0');
  });

  it.each([
    [{ name: undefined }],
    [{ name: null }],
    [{ trigger: undefined }],
    [{ actions: undefined }],
    [{ actions: null }],
    [{ description: null }],
    [{ enabled: null }],
    [{ tags: null }],
    [{ id: nobody }],
    [{ created: "2035-01-01T00:00:00Z" }],
    [{ surprise: 1 }],
    [{ owner_resource: 1 }],
  ])("is refused with %j and not stored", async (more) => {
    const { status, body } = await app.post("/automations/", automationBody(more));
    expect([status, Object.keys(body).sort()]).toEqual([422, ["exception_detail", "exception_message", "request_body"]]);
    expect(await count()).toBe(0);
  });

  it("is replaced by what PUT sends, keeps the rest, and gets new ids for all its triggers", async () => {
    const pair = { type: "compound", require: "all", within: null, triggers: [onEvent({ id: nobody }), onEvent()] };
    const { id, created, updated, trigger } = await make({ description: "d", enabled: false, tags: ["a"], trigger: pair });
    expect(trigger.triggers[0].id).not.toBe(nobody);
    const answer = await app.put(`/automations/${id}`, { name: "other", trigger, actions: [] });
    expect([answer.status, answer.text, answer.roundTrips]).toEqual([204, "", 2]);
    const after = await read(id);
    expect(after).toMatchObject({ id, created, name: "other", description: "d", enabled: false, tags: ["a"], actions: [] });
    expect(after.updated > updated).toBe(true);
    const ids = (root: { id: string; triggers: { id: string }[] }) => [root.id, ...root.triggers.map((inner) => inner.id)];
    expect(new Set([...ids(trigger), ...ids(after.trigger)]).size).toBe(6);
    const all = { description: "", enabled: true, tags: [], actions_on_trigger: [{}], actions_on_resolve: [{}] };
    await app.put(`/automations/${id}`, automationBody(all));
    expect(await read(id)).toMatchObject({ ...all, actions_on_trigger: [{ type: "do-nothing" }], actions_on_resolve: [{}] });
  });

  it("is searched by the tags that PUT gave it", async () => {
    const { id } = await make({ tags: ["old"] });
    await app.put(`/automations/${id}`, automationBody({ tags: ["new", "new"] }));
    const found = async (tag: string) => (await app.post("/automations/count", { automations: { tags: { all_: [tag] } } })).body;
    expect([await found("old"), await found("new")]).toEqual([0, 1]);
  });

  it("is switched by PATCH alone with `enabled`, in two round trips, and keeps the ids of its triggers", async () => {
    const { id, trigger, updated } = await make();
    for (const [enabled, after] of [
      [false, false],
      ["on", true],
      ["0", false],
      [1, true],
    ]) {
      expect(await app.patch(`/automations/${id}`, { enabled })).toMatchObject({ status: 204, roundTrips: 2 });
      expect(await read(id)).toMatchObject({ enabled: after, trigger: { id: trigger.id } });
    }
    for (const body of [{ enabled: null }, { enabled: true, tags: [] }, { name: "b" }, null, []])
      expect((await app.patch(`/automations/${id}`, body)).status).toBe(422);
    await app.patch(`/automations/${id}`, { enabled: false });
    expect((await app.patch(`/automations/${id}`, {})).status).toBe(204);
    const after = await read(id);
    expect([after.enabled, after.updated > updated]).toEqual([false, true]);
  });

  it("is deleted with its relations and tags", async () => {
    const { id } = await make({ tags: ["a"], owner_resource: "some.owner" });
    expect((await app.delete(`/automations/${id}`)).status).toBe(204);
    expect(await app.get(`/automations/${id}`)).toMatchObject({ status: 404, body: absent });
    expect((await app.get("/automations/related-to/some.owner")).body).toEqual([]);
    expect(await count()).toBe(0);
  });

  it("that is not there is a 404, after a look at the body", async () => {
    const path = `/automations/${nobody}`;
    for (const [method, body] of [
      ["GET", undefined],
      ["DELETE", undefined],
      ["PUT", automationBody()],
      ["PATCH", { enabled: true }],
    ] as const)
      expect(await app.request(method, path, body)).toMatchObject({ status: 404, body: absent });
    expect((await app.put(path, { name: "n" })).status).toBe(422);
    expect((await app.patch(path, { enabled: "maybe" })).status).toBe(422);
    expect(await app.get("/automations/no-id")).toMatchObject({ status: 404, body: { detail: "Not Found" } });
  });

  it("tells each of its changes with itself as payload, but not that its owner has deleted it", async () => {
    const made = await make({ owner_resource: "some.owner" });
    await app.patch(`/automations/${made.id}`, { enabled: false });
    const patched = await read(made.id);
    await app.put(`/automations/${made.id}`, automationBody({ name: "told" }));
    const put = await read(made.id);
    await app.delete(`/automations/${made.id}`);
    const resource = (name: string) => ({
      "prefect.resource.id": `prefect.automation.${made.id}`,
      "prefect.resource.name": name,
    });
    expect((await told(made.id)).map(({ event, resource, related, payload }) => ({ event, resource, related, payload }))).toEqual(
      [
        { event: "prefect.automation.created", resource: resource("watch"), related: [], payload: made },
        { event: "prefect.automation.updated", resource: resource("watch"), related: [], payload: patched },
        { event: "prefect.automation.updated", resource: resource("told"), related: [], payload: put },
        { event: "prefect.automation.deleted", resource: resource("told"), related: [], payload: put },
      ],
    );
    const owned = await make({ owner_resource: "some.owner" });
    expect(await app.delete("/automations/owned-by/some.owner")).toMatchObject({ status: 202, body: null, roundTrips: 1 });
    expect((await told(owned.id)).map(({ event }) => event)).toEqual(["prefect.automation.created"]);
  });

  it("is gone with the database", async () => {
    await make({ tags: ["a"] });
    expect((await app.post("/admin/database/clear", { confirm: true })).status).toBe(204);
    expect(await count()).toBe(0);
  });
});

describe("changes of one automation at the same time", () => {
  it("are all made, one after the other, and each is told", async () => {
    const { id } = await make();
    const wanted = Array.from({ length: 8 }, (_, i) =>
      i % 2 === 0
        ? app.patch(`/automations/${id}`, { enabled: false })
        : app.put(`/automations/${id}`, automationBody({ name: `n${i}` })),
    );
    expect((await Promise.all(wanted)).map(({ status }) => status)).toEqual(Array(8).fill(204));
    const events = await told(id);
    expect(events).toHaveLength(9);
    expect(events.at(-1)?.payload).toEqual(await read(id));
  });
});

describe("the service of pause-automation and resume-automation", () => {
  it("switches an automation, and says why not", async () => {
    const { id } = await make();
    expect(await setAutomationEnabled(app.deps(), id, false)).toMatchObject({ kind: "written", row: { enabled: false } });
    expect(await setAutomationEnabled(app.deps(), nobody, true)).toEqual({ kind: "not_found" });
    const loop = {
      enabled: false,
      trigger: onEvent({ expect: ["prefect.flow-run.*"] }),
      actions: [{ type: "run-deployment", source: "inferred" }],
    };
    const { id: looping } = await make(loop);
    expect(await setAutomationEnabled(app.deps(), looping, true)).toMatchObject({ kind: "invalid", faults: [{ at: [] }] });
    expect((await read(looping)).enabled).toBe(false);
  });
});

describe("related automations", () => {
  it("are those that a resource owns, and those that run a deployment by their actions", async () => {
    const resource = `prefect.deployment.${nobody}`;
    const related = async () =>
      (await app.get(`/automations/related-to/${resource}`)).body.map(({ name }: { name: string }) => name);
    const owned = await make({ name: "owned", owner_resource: resource, actions: [runs(nobody)] });
    const running = await make({ name: "runs it twice", actions: [runs(nobody), runs(nobody, { parameters: { n: 1 } })] });
    await make({ name: "on trigger", actions_on_trigger: [runs(nobody)] });
    await make({ name: "pauses it", actions: [{ type: "pause-deployment", deployment_id: nobody }] });
    await make({ name: "infers it", actions: [runs(nobody), { type: "run-deployment", source: "inferred" }].slice(1) });
    await make({ name: "another's", owner_resource: `${resource}x` });
    expect((await related()).sort()).toEqual(["owned", "runs it twice"]);
    for (const { id, name } of [owned, running]) await app.put(`/automations/${id}`, automationBody({ name }));
    expect(await related()).toEqual(["owned"]);
    await app.put(`/automations/${running.id}`, automationBody({ name: "runs it", actions: [runs(nobody)] }));
    await app.delete(`/automations/owned-by/${resource}`);
    expect([await related(), await count()]).toEqual([["runs it"], 5]);
    expect((await app.delete("/automations/owned-by/nothing")).status).toBe(202);
  });

  it("are found by the decoded text of the path, compared exactly", async () => {
    await make({ owner_resource: "größe &+/" });
    expect((await app.get(`/automations/related-to/${encodeURIComponent("größe &+/")}`)).status).toBe(404);
    await make({ name: "plus", owner_resource: "größe &+" });
    const found = await app.get(`/automations/related-to/${encodeURIComponent("größe &+")}`);
    expect([found.body.map(({ name }: { name: string }) => name), found.roundTrips]).toEqual([["plus"], 1]);
    expect((await app.get(`/automations/related-to/${encodeURIComponent("GRÖSSE &+")}`)).body).toEqual([]);
  });

  it("of a deployment stay when it is deleted", async () => {
    const { body: flow } = await app.post("/flows/", { name: "f" });
    const { body: deployment } = await app.post("/deployments/", { name: "d", flow_id: flow.id });
    await make({ owner_resource: `prefect.deployment.${deployment.id}`, actions: [runs(deployment.id)] });
    await app.delete(`/deployments/${deployment.id}`);
    expect((await app.get(`/automations/related-to/prefect.deployment.${deployment.id}`)).body).toHaveLength(1);
  });
});

describe("lists of automations", () => {
  const names = async (body: object) =>
    (await app.post("/automations/filter", body)).body.map(({ name }: { name: string }) => name);

  it("are sorted by bytes of names, by creation or change, in pages", async () => {
    const ids: string[] = [];
    for (const name of ["b", "C", "a", "ä"]) ids.push((await make({ name })).id);
    await app.patch(`/automations/${ids[0]}`, { enabled: false });
    expect(await names({})).toEqual(["C", "a", "b", "ä"]);
    expect(await names({ sort: null, limit: null, offset: null, automations: null })).toEqual(["C", "a", "b", "ä"]);
    expect(await names({ sort: "NAME_DESC" })).toEqual(["ä", "b", "a", "C"]);
    expect(await names({ sort: "CREATED_DESC" })).toEqual(["ä", "a", "C", "b"]);
    expect(await names({ sort: "UPDATED_DESC", limit: 2 })).toEqual(["b", "ä"]);
    expect(await names({ limit: 2, offset: 1 })).toEqual(["a", "b"]);
    expect(await names({ limit: 0 })).toEqual([]);
    for (const body of [{ sort: "CREATED_ASC" }, { offset: -1 }, { limit: 201 }, { limit: -1 }])
      expect((await app.post("/automations/filter", body)).status).toBe(422);
  });

  it.each([
    [{}, "abcd"],
    [{ name: { any_: ["a", "d", "A"] } }, "ad"],
    [{ name: { any_: [] } }, ""],
    [{ created: { before_: "2100-01-01" } }, "abcd"],
    [{ created: { before_: "2020-01-01" } }, ""],
    [{ tags: { all_: ["x", "y"] } }, "c"],
    [{ tags: { all_: ["x", "x"] } }, "bc"],
    [{ tags: { all_: [] } }, "abcd"],
    [{ tags: { any_: ["x", "y"] } }, "bcd"],
    [{ tags: { any_: [] } }, ""],
    [{ tags: { is_null_: true } }, "a"],
    [{ tags: { is_null_: false } }, "bcd"],
    [{ tags: { operator: "or_", is_null_: true, all_: ["x", "y"] } }, "ac"],
    [{ operator: "or_", name: { any_: ["a"] }, tags: { all_: ["y"] } }, "acd"],
    [{ operator: "or_", name: { any_: ["a"] }, tags: {} }, "abcd"],
  ])("filtered by %j have %s, and are counted", async (automations, expected) => {
    for (const [name, tags] of [
      ["a", []],
      ["b", ["x"]],
      ["c", ["x", "y"]],
      ["d", ["y"]],
    ] as const)
      await make({ name, tags });
    expect((await names({ automations })).join("")).toBe(expected);
    expect((await app.post("/automations/count", { automations })).body).toBe(expected.length);
  });

  it.each([
    [{ enabled: { eq_: true } }],
    [{ name: { like_: "a" } }],
    [{ id: { any_: ["x"] } }],
    [{ name: { operator: "or_", any_: [] } }],
  ])("are refused for %j", async (automations) => {
    expect((await app.post("/automations/filter", { automations })).status).toBe(422);
    expect((await app.post("/automations/count", { automations })).status).toBe(422);
  });
});
