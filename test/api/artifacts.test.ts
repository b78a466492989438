import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";
import { toldEvents } from "../support/work-pools.ts";

const nobody = "00000000-0000-4000-8000-000000000000";

describe("artifacts", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });
  const make = async (body: object) => (await app.post("/artifacts/", body)).body;
  const latest = async (key: string) => app.get(`/artifacts/${key}/latest`);
  const flowRun = async (body: object = {}) => {
    const flow = await app.post("/flows/", { name: "f" });
    return (await app.post("/flow_runs/", { flow_id: flow.body.id, ...body })).body.id;
  };

  it("keep what was sent, long metadata cut by characters", async () => {
    const made = await app.post("/artifacts/", { data: [0, null], metadata_: { long: "😀".repeat(501), fits: "x".repeat(500) } });
    expect([made.status, made.roundTrips]).toEqual([201, 1]);
    const read = await app.get(`/artifacts/${made.body.id}`);
    expect(read.body).toMatchObject({ key: null, type: null, data: [0, null], flow_run_id: null });
    expect(read.body.metadata_).toEqual({ long: `${"😀".repeat(500)}...`, fits: "x".repeat(500) });
  });

  it.each([[{ key: "Upper" }], [{ key: "a_b" }], [{ metadata_: { a: 1 } }], [{ id: nobody }], [{ flow_run_id: "x" }]])(
    "refuse %j",
    async (body) => {
      expect((await app.post("/artifacts/", body)).status).toBe(422);
      expect((await app.post("/artifacts/count", {})).body).toBe(0);
    },
  );

  it("are the latest of their key until another one is", async () => {
    const first = await make({ key: "k", data: 1, type: "table", description: "one" });
    const collection = (await latest("k")).body;
    expect(collection).toMatchObject({ key: "k", data: 1, type: "table", description: "one" });
    expect(collection.id).not.toBe(first.id);
    const second = await make({ key: "k", data: 2 });
    expect((await latest("k")).body).toMatchObject({ id: collection.id, data: 2, type: null, description: null });
    await app.patch(`/artifacts/${first.id}`, { data: 10 });
    expect((await latest("k")).body.data).toBe(2);
    await app.patch(`/artifacts/${second.id}`, { description: "two" });
    const [listed] = (await app.post("/artifacts/latest/filter", {})).body;
    expect(listed).toMatchObject({ id: collection.id, latest_id: second.id, description: "two" });
    await app.delete(`/artifacts/${second.id}`);
    expect((await app.post("/artifacts/latest/filter", {})).body).toMatchObject([
      { id: collection.id, latest_id: first.id, data: 10, created: first.created },
    ]);
    await app.delete(`/artifacts/${first.id}`);
    expect((await app.post("/artifacts/latest/count", {})).body).toBe(0);
    expect((await app.delete(`/artifacts/${first.id}`)).status).toBe(404);
    expect((await latest("k")).status).toBe(404);
  });

  it("leave the latest alone when an older one goes", async () => {
    const [one, two, three] = [
      await make({ key: "k", data: 1 }),
      await make({ key: "k", data: 2 }),
      await make({ key: "k", data: 3 }),
    ];
    await app.delete(`/artifacts/${two.id}`);
    expect((await latest("k")).body.data).toBe(3);
    await app.delete(`/artifacts/${three.id}`);
    expect((await latest("k")).body.data).toBe(1);
    await app.delete(`/artifacts/${one.id}`);
    expect((await app.post("/artifacts/latest/filter", {})).body).toEqual([]);
  });

  it("of several at the same time one is the latest", async () => {
    await Promise.all(Array.from({ length: 8 }, (_, data) => make({ key: "k", data })));
    const [collection, ...others] = (await app.post("/artifacts/latest/filter", {})).body;
    expect(others).toEqual([]);
    expect((await app.get(`/artifacts/${collection.latest_id}`)).body.data).toBe(collection.data);
  });

  it("are made of results of states, whose keys they take", async () => {
    const run = await flowRun();
    await make({ key: "k", type: "table", description: "made", metadata_: { m: "1" }, data: 1 });
    await app.post(`/flow_runs/${run}/set_state`, {
      state: { type: "COMPLETED", data: { artifact_key: "k", artifact_type: "result", value: 2 } },
      force: true,
    });
    expect((await latest("k")).body).toMatchObject({
      type: "result",
      description: "made",
      metadata_: { m: "1" },
      data: { value: 2 },
      flow_run_id: run,
    });
    const read = await app.get(`/flow_runs/${run}`);
    expect(read.body.state.data).toEqual({ value: 2 });
  });

  it("are found by their members and by the runs that made them", async () => {
    const run = await flowRun({ name: "mine", tags: ["t"] });
    const task = (await app.post("/task_runs/", { flow_run_id: run, task_key: "t", dynamic_key: "0" })).body.id;
    await make({ key: "a", type: "table", flow_run_id: run });
    await make({ key: "b", type: "markdown", flow_run_id: run, task_run_id: task });
    await make({ type: "table", flow_run_id: nobody });
    await make({ key: "a", data: 1 });
    const found = async (body: object) => {
      const list = (await app.post("/artifacts/filter", { ...body, sort: "KEY_ASC" })).body;
      expect((await app.post("/artifacts/count", body)).body).toBe(list.length);
      return list.map(({ key }: { key: string | null }) => key);
    };
    const keys = async (body: object) =>
      (await app.post("/artifacts/latest/filter", { ...body, sort: "KEY_DESC" })).body.map(({ key }: { key: string }) => key);
    expect(await found({})).toEqual([null, "a", "a", "b"]);
    expect(await found({ artifacts: { key: { like_: "A" } } })).toEqual(["a", "a"]);
    expect(await found({ artifacts: { key: { exists_: false } } })).toEqual([null]);
    expect(await found({ artifacts: { type: { not_any_: ["markdown"] } } })).toEqual([null, "a"]);
    expect(await found({ artifacts: { flow_run_id: { any_: [run] }, type: { any_: ["table"] } } })).toEqual(["a"]);
    expect(await found({ flow_runs: {} })).toEqual(["a", "b"]);
    expect(await found({ flow_runs: { tags: { all_: ["t"] } }, flows: { name: { any_: ["f"] } } })).toEqual(["a", "b"]);
    expect(await found({ deployments: {} })).toEqual([]);
    expect(await found({ task_runs: {} })).toEqual(["b"]);
    expect(await keys({})).toEqual(["b", "a"]);
    expect(await keys({ flow_runs: {} })).toEqual(["b"]);
    expect(await keys({ artifacts: { latest_id: { any_: [] } } })).toEqual([]);
    expect((await app.post("/artifacts/latest/filter", { artifacts: { id: { any_: [] } } })).status).toBe(422);
  });

  it("tell what becomes of the latest of a key", async () => {
    const one = await make({ key: "k", data: 1 });
    const two = await make({ key: "k", data: 2, flow_run_id: nobody });
    await make({ data: 3 });
    await app.patch(`/artifacts/${two.id}`, { data: 20 });
    await app.delete(`/artifacts/${two.id}`);
    await app.delete(`/artifacts/${one.id}`);
    const told = await toldEvents(app.deps(), "prefect.artifact-collection.%");
    expect(
      told.map(({ event, payload, related }) => [
        event.split(".").at(-1),
        JSON.parse(JSON.stringify(payload)).data,
        related.length,
      ]),
    ).toEqual([
      ["created", 1, 1],
      ["updated", 2, 2],
      ["updated", 1, 1],
      ["deleted", 1, 1],
    ]);
  });
});
