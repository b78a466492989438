import { beforeEach, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";
import { deploymentTools } from "../support/deployments.ts";
import { toldEvents } from "../support/work-pools.ts";

const nobody = "00000000-0000-4000-8000-000000000000";

describe("variables", () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await testApp();
  });
  const make = (name: string, value: unknown, more: object = {}) => app.post("/variables/", { name, value, ...more });

  it("keep any JSON as it was sent", async () => {
    for (const [i, value] of [null, 0, false, "", "true", [], {}, [1, { a: null }], "ä"].entries()) {
      const made = await make(`v${i}`, value);
      expect([made.status, made.roundTrips]).toEqual([201, 1]);
      const read = await app.get(`/variables/name/v${i}`);
      expect([read.body.value, read.roundTrips]).toEqual([value, 1]);
    }
    const raw = await app.post("/variables/", '{"name": "raw", "value": {"big": 12345678901234567890, "float": 2.0}}');
    expect(raw.text).toContain('"big":12345678901234567890,"float":2.0');
  });

  it("have a name once", async () => {
    await make("one", 1);
    expect(await make("one", 2)).toMatchObject({
      status: 409,
      body: { detail: "A variable with the name 'one' already exists." },
    });
    await make("two", 2);
    expect((await app.patch("/variables/name/two", { name: "one" })).status).toBe(409);
    expect((await app.patch("/variables/name/two", { name: "two" })).status).toBe(204);
    expect((await app.get("/variables/name/one")).body.value).toBe(1);
  });

  it.each([
    [{ name: "Upper", value: 1 }],
    [{ name: "a b", value: 1 }],
    [{ name: "a".repeat(256), value: 1 }],
    [{ name: "no-value" }],
    [{ name: "long", value: "x".repeat(4999) }],
    [{ name: "wide", value: "ä".repeat(2500) }],
    [{ name: "tags", value: 1, tags: null }],
    [{ name: "more", value: 1, id: nobody }],
  ])("refuse %j and store nothing", async (body) => {
    expect((await app.post("/variables/", body)).status).toBe(422);
    expect((await app.post("/variables/count", {})).body).toBe(0);
  });

  it("take a value of 5000 bytes", async () => {
    expect((await make("longest", "x".repeat(4998))).status).toBe(201);
  });

  it("change what is sent, by id or by name", async () => {
    const { body } = await make("v", 1, { tags: ["a", "a", ""] });
    expect((await app.patch(`/variables/${body.id}`, { value: null })).status).toBe(204);
    expect((await app.get(`/variables/${body.id}`)).body).toMatchObject({ value: null, tags: ["a", "a", ""] });
    expect((await app.patch("/variables/name/v", { name: "w", tags: ["b"] })).status).toBe(204);
    expect((await app.get("/variables/name/w")).body).toMatchObject({ id: body.id, tags: ["b"] });
    for (const change of [{ name: null }, { tags: null }])
      expect((await app.patch(`/variables/${body.id}`, change)).status).toBe(409);
    expect((await app.get("/variables/name/w")).body).toMatchObject({ tags: ["b"] });
    for (const path of ["/variables/name/v", `/variables/${nobody}`]) {
      expect((await app.patch(path, { name: "w" })).status).toBe(404);
      expect((await app.delete(path)).status).toBe(404);
    }
    expect((await app.delete("/variables/name/w")).status).toBe(204);
    expect((await app.get(`/variables/${body.id}`)).status).toBe(404);
  });

  it("are found by name, by tags and by id", async () => {
    await make("alpha", 1, { tags: ["x", "y"] });
    await make("beta", 2, { tags: ["x"] });
    const third = (await make("gamma_alpha", 3)).body.id;
    const names = async (variables: object, sort = "NAME_ASC") => {
      const { body } = await app.post("/variables/filter", { variables, sort });
      expect((await app.post("/variables/count", { variables })).body).toBe(body.length);
      return body.map(({ name }: { name: string }) => name);
    };
    expect(await names({})).toEqual(["alpha", "beta", "gamma_alpha"]);
    expect(await names({}, "CREATED_DESC")).toEqual(["gamma_alpha", "beta", "alpha"]);
    expect(await names({ name: { like_: "ALPHA" } })).toEqual(["alpha", "gamma_alpha"]);
    expect(await names({ name: { any_: [] } })).toEqual([]);
    expect(await names({ tags: { all_: ["x", "y"] } })).toEqual(["alpha"]);
    expect(await names({ tags: { is_null_: true } })).toEqual(["gamma_alpha"]);
    expect(await names({ operator: "or_", id: { any_: [third] }, tags: { all_: ["y"] } })).toEqual(["alpha", "gamma_alpha"]);
    await app.patch("/variables/name/beta", { tags: ["y"] });
    expect(await names({ tags: { all_: ["y"] } })).toEqual(["alpha", "beta"]);
    expect((await app.post("/variables/filter", { variables: { tags: { any_: ["x"] } } })).status).toBe(422);
  });

  it("are told when they are made, changed and deleted", async () => {
    const { body } = await make("v", { a: 1 }, { tags: ["t"] });
    await app.patch("/variables/name/v", { name: "w" });
    await app.delete(`/variables/${body.id}`);
    const told = await toldEvents(app.deps(), "prefect.variable.%");
    expect(told.map(({ event, resource, payload }) => [event, resource["prefect.resource.name"], payload])).toEqual([
      ["prefect.variable.created", "v", { name: "v", value: { a: 1 }, tags: ["t"] }],
      ["prefect.variable.updated", "w", { name: "w", value: { a: 1 }, tags: ["t"] }],
      ["prefect.variable.deleted", "w", { name: "w", value: { a: 1 }, tags: ["t"] }],
    ]);
  });

  describe("named by parameters", () => {
    const tools = deploymentTools(() => app);
    const variable = (variable_name: unknown) => ({ __prefect_kind: "workspace_variable", variable_name });

    it("stand in the runs of a deployment, those of the request and those that were stored", async () => {
      await make("stored", "one");
      await make("sent", { two: 2 });
      await make("pointer", "sent");
      const flow = await tools.flow();
      const d = await tools.deploy(flow, { parameters: { a: variable("stored") }, enforce_parameter_schema: false });
      const run = await app.post(`/deployments/${d.id}/create_flow_run`, { parameters: { b: variable("sent") } });
      expect(run.body.parameters).toEqual({ a: "one", b: { two: 2 } });
      expect(run.roundTrips).toBe(2);
      const pointed = await app.post(`/deployments/${d.id}/create_flow_run`, {
        parameters: { b: variable(variable("pointer")) },
      });
      expect(pointed.body.parameters).toEqual({ a: "one", b: { two: 2 } });
      await app.delete("/variables/name/stored");
      const refused = await app.post(`/deployments/${d.id}/create_flow_run`, {});
      expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("Variable 'stored' not found in workspace.")]);
    });

    it("stand in an updated deployment", async () => {
      await make("v", 5);
      const d = await tools.deploy(await tools.flow());
      expect((await app.patch(`/deployments/${d.id}`, { parameters: { a: variable("v") } })).status).toBe(204);
      expect((await app.get(`/deployments/${d.id}`)).body.parameters).toEqual({ a: 5 });
    });
  });
});
