import { beforeEach, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { isolateOf } from "../../src/deps.ts";
import { type Answer, type TestApp, testApp } from "../support/app.ts";
import { deploymentTools } from "../support/deployments.ts";

const integerA = { type: "object", properties: { a: { type: "integer" } } };
const templateWith = (variable: object) => ({
  job_configuration: { cpu: "{{ cpu }}" },
  variables: { type: "object", properties: { cpu: variable } },
});

describe("runs of a deployment from what the isolate remembers of it", () => {
  let app: TestApp;
  let flow: string;
  let id: string;
  const tools = deploymentTools(() => app);
  beforeEach(async () => {
    app = await testApp();
    await app.post("/work_pools/", { name: "p", type: "process" });
    await app.post("/work_pools/p/queues/", { name: "q" });
    flow = await tools.flow({ labels: { team: "data" } });
    const place = { work_pool_name: "p", work_queue_name: "q" };
    id = (await tools.deploy(flow, { ...place, parameters: { a: 1 }, tags: ["t"], version: "1" })).id;
  });

  const run = (body: object = {}, of = id): Promise<Answer> => app.post(`/deployments/${of}/create_flow_run`, body);
  const runs = async (): Promise<number> => (await app.post("/flow_runs/count", {})).body;

  /** An answer without what is new with each run. */
  const same = ({ status, body }: Answer) => {
    const { id: run_id, name, created, updated, expected_start_time, next_scheduled_start_time, ...rest } = body;
    const { state, state_id, estimated_start_time_delta, ...others } = rest;
    const { id: _, timestamp, state_details, ...named } = state ?? {};
    return { status, body: { ...others, state: named } };
  };

  it("take one round trip and have the same answer, event and audit as others", async () => {
    const first = await run();
    const second = await run();
    expect([first.status, first.roundTrips, second.status, second.roundTrips]).toEqual([201, 2, 201, 1]);
    expect(same(second)).toEqual(same(first));
    expect(second.body).toMatchObject({ work_pool_name: "p", work_queue_name: "q", parameters: { a: 1 }, tags: ["t"] });
    expect((await app.get(`/flow_runs/${second.body.id}`)).body).toMatchObject({ id: second.body.id, state_type: "SCHEDULED" });
    const { body: events } = await app.post("/events/filter", { filter: { event: { name: ["prefect.flow-run.Scheduled"] } } });
    const related = events.events.map((event: { related: unknown }) => event.related);
    expect(related).toHaveLength(2);
    expect(related[0]).toEqual(related[1]);
    const { body: audit } = await app.post("/audit/filter", { operation: "POST /deployments/{id}/create_flow_run" });
    expect(audit.map((row: { object: { id: string } }) => row.object.id)).toEqual([second.body.id, first.body.id]);
  });

  it("take three round trips where the deployment has changed, and one again from then on", async () => {
    await run();
    await app.patch(`/deployments/${id}`, { description: "new" });
    expect([(await run()).roundTrips, (await run()).roundTrips]).toEqual([3, 1]);
  });

  it("keep their idempotency keys, and are stored in bulk in one round trip", async () => {
    const first = await run({ idempotency_key: "k" });
    const second = await run({ idempotency_key: "k" });
    expect([second.status, second.body.id, second.roundTrips]).toEqual([200, first.body.id, 1]);
    const bulk = await app.post(`/deployments/${id}/create_flow_run/bulk`, [{}, { idempotency_key: "k" }, {}]);
    const ids = bulk.body.results.map((result: { flow_run_id: string }) => result.flow_run_id);
    expect([bulk.roundTrips, ids[1], await runs()]).toEqual([1, first.body.id, 3]);
    const none = await app.post(`/deployments/${id}/create_flow_run/bulk`, []);
    expect([none.status, none.body.results, none.roundTrips]).toEqual([200, [], 1]);
  });

  const block = async (name: string): Promise<string> => {
    const block_type_id = (await app.post("/block_types/", { name, slug: name })).body.id;
    const block_schema_id = (await app.post("/block_schemas/", { block_type_id, fields: {}, capabilities: ["notify"] })).body.id;
    return (await app.post("/block_documents/", { name, block_type_id, block_schema_id, data: {} })).body.id;
  };

  const changes: [string, () => Promise<Answer>, object, object][] = [
    ["its parameters", () => app.patch(`/deployments/${id}`, { parameters: { a: 2 } }), {}, { parameters: { a: 2 } }],
    ["its tags", () => app.patch(`/deployments/${id}`, { tags: ["u"] }), {}, { tags: ["u"] }],
    ["its queue", () => app.patch(`/deployments/${id}`, { work_queue_name: "new" }), {}, { work_queue_name: "new" }],
    ["its pause", () => app.post(`/deployments/${id}/pause_deployment`), {}, { deployment_id: expect.any(String) }],
    [
      "its schema",
      () => app.patch(`/deployments/${id}`, { parameter_openapi_schema: integerA, enforce_parameter_schema: true }),
      { parameters: { a: "x" } },
      { detail: expect.stringContaining("field 'a'") },
    ],
    ["its deletion", () => app.delete(`/deployments/${id}`), {}, { detail: "Deployment not found" }],
    ["its flow's tags", () => app.patch(`/flows/${flow}`, { tags: ["f"] }), {}, { flow_id: expect.any(String) }],
    ["its flow's deletion", () => app.delete(`/flows/${flow}`), {}, { detail: "Deployment not found" }],
    ["its queue's name", () => app.patch("/work_pools/p/queues/q", { name: "r" }), {}, { work_pool_name: "p" }],
    ["its queue's deletion", () => app.delete("/work_pools/p/queues/q"), {}, { work_pool_name: null }],
    ["its pool's deletion", () => app.delete("/work_pools/p"), {}, { work_pool_name: null, work_queue_name: "q" }],
    [
      "its pool's template",
      () => app.patch("/work_pools/p", { base_job_template: templateWith({ type: "integer" }) }),
      { job_variables: { cpu: "x" } },
      { detail: expect.stringContaining("field 'cpu'") },
    ],
    [
      "the first notification policy",
      async () => {
        const block_document_id = await block("notifier");
        return app.post("/flow_run_notification_policies/", { state_names: [], tags: [], block_document_id });
      },
      {},
      { deployment_id: expect.any(String) },
    ],
  ];

  it.each(changes)("are as without it after a change of %s", async (_what, change, body, expected) => {
    expect((await run()).status).toBe(201);
    expect((await run()).roundTrips).toBe(1);
    const changed = await change();
    const before = await runs();
    const guessed = await run(body);
    const after = await runs();
    app.deps().recentDeployments.remove(id);
    const fresh = await run(body);
    expect(changed.status).toBeLessThan(400);
    expect(guessed.body).toMatchObject(expected);
    expect(same(guessed)).toEqual(same(fresh));
    expect(guessed.roundTrips).toBeGreaterThan(1);
    expect(after - before).toBe(guessed.status === 201 ? 1 : 0);
  });

  it("are accepted again when a schema that refused them is gone: no refusal is remembered", async () => {
    const strict = { parameter_openapi_schema: integerA, enforce_parameter_schema: true };
    await app.patch(`/deployments/${id}`, strict);
    expect((await run({ parameters: { a: "x" } })).status).toBe(409);
    await app.patch(`/deployments/${id}`, { enforce_parameter_schema: false });
    expect((await run({ parameters: { a: "x" } })).status).toBe(201);
  });

  it("have the current values of variables that their deployment or the request names", async () => {
    const placeholder = { __prefect_kind: "workspace_variable", variable_name: "v" };
    const { id: named } = await tools.deploy(flow, { parameters: { b: placeholder } });
    await app.post("/variables/", { name: "v", value: 0 });
    await run();
    for (const value of [1, 2]) {
      await app.patch("/variables/name/v", { value });
      const [ofDeployment, ofRequest] = [await run({}, named), await run({ parameters: { b: placeholder } })];
      expect([ofDeployment.body.parameters, ofRequest.body.parameters]).toEqual([{ b: value }, { a: 1, b: value }]);
    }
    expect((await run()).roundTrips).toBe(1);
  });

  it("have the blocks that the template names as they are", async () => {
    const block_document_id = await block("cpu");
    const template = templateWith({ type: "object", default: { $ref: { block_document_id } } });
    expect((await app.patch("/work_pools/p", { base_job_template: template })).status).toBe(204);
    expect([(await run()).status, (await run()).status]).toEqual([201, 201]);
    await app.delete(`/block_documents/${block_document_id}`);
    expect((await run()).body).toEqual({ detail: "Block not found." });
  });

  it("are each of one version of their deployment while two isolates create them and it changes", async () => {
    const isolates = [app.isolate, isolateOf(app.isolate.platform.config)].map((isolate) => createApp(isolate));
    const change = async () => {
      for (let i = 0; i < 12; i++) await app.patch(`/deployments/${id}`, { parameters: { i }, tags: [`${i}`] });
    };
    const create = async (isolate: (typeof isolates)[number]) => {
      const made: Response[] = [];
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
      for (let i = 0; i < 12; i++) made.push(await isolate.request(`/api/deployments/${id}/create_flow_run`, init));
      return made;
    };
    const [, ...made] = await Promise.all([change(), ...[...isolates, ...isolates].map(create)]);
    const all = made.flat();
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 201));
    const bodies = await Promise.all(all.map((answer) => answer.json<Answer["body"]>()));
    expect(new Set(bodies.map((body) => body.id)).size).toBe(48);
    expect(await runs()).toBe(48);
    const versions = bodies.map(({ parameters, tags }) => [parameters, tags]);
    const whole = [[{ a: 1 }, ["t"]], ...Array.from({ length: 12 }, (_, i) => [{ i }, [`${i}`]])];
    for (const version of versions) expect(whole).toContainEqual(version);
    const last = await run();
    expect([last.body.parameters, last.body.tags]).toEqual([{ i: 11 }, ["11"]]);
  });
});
