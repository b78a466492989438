import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type TestApp, testApp } from "../support/app.ts";

const future = new Date(Date.now() + 3_600_000).toISOString();
/** Parameters as large as they may be. */
const large = (mark: string) => ({ mark, text: "x".repeat(480_000) });

describe("pages of rows as large as they may be", () => {
  let app: TestApp;
  let flow_id: string;
  let deployment_id: string;
  let ids: string[];
  beforeAll(async () => {
    app = await testApp();
    flow_id = (await app.post("/flows/", { name: "large" })).body.id;
    await app.post("/work_pools/", { name: "pool", type: "process" });
    const deployment = {
      name: "large",
      flow_id,
      work_pool_name: "pool",
      work_queue_name: "default",
      enforce_parameter_schema: false,
    };
    deployment_id = (await app.post("/deployments/", deployment)).body.id;
    ids = [];
    for (let i = 0; i < 24; i++) {
      const made = await app.post(`/deployments/${deployment_id}/create_flow_run`, {
        parameters: large(`${i}`),
        state: { type: "SCHEDULED", state_details: { scheduled_time: new Date(Date.now() - 60_000 + i).toISOString() } },
      });
      expect(made.status).toBe(201);
      ids.push(made.body.id);
    }
  }, 60_000);

  const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id);

  it("are read whole, in their order, by every list and poll of flow runs", async () => {
    const sort = "EXPECTED_START_TIME_ASC";
    const list = await app.post("/flow_runs/filter", { sort });
    expect([list.status, idsOf(list.body)]).toEqual([200, ids]);
    expect(list.body[7].parameters).toEqual(large("7"));
    const page = await app.post("/flow_runs/paginate", { sort, limit: 20, page: 1 });
    expect([page.status, page.body.count, page.body.pages, idsOf(page.body.results)]).toEqual([200, 24, 2, ids.slice(0, 20)]);
    const runner = await app.post("/deployments/get_scheduled_flow_runs", {
      deployment_ids: [deployment_id],
      scheduled_before: future,
    });
    expect([runner.status, idsOf(runner.body)]).toEqual([200, ids]);
    const worker = await app.post("/work_pools/pool/get_scheduled_flow_runs", { scheduled_before: future });
    expect([worker.status, worker.body.map((one: { flow_run: { id: string } }) => one.flow_run.id)]).toEqual([200, ids]);
    const queue = (await app.post("/work_queues/filter", {})).body[0].id;
    const agent = await app.post(`/work_queues/${queue}/get_runs`, { scheduled_before: future });
    expect([agent.status, idsOf(agent.body)]).toEqual([200, ids]);
  }, 60_000);

  it("hold no memory after a request that was refused once they were read", async () => {
    const poll = { work_queue_names: ["default", "nope"], scheduled_before: future, limit: 15 };
    for (let i = 0; i < 4; i++) expect((await app.post("/work_pools/pool/get_scheduled_flow_runs", poll)).status).toBe(404);
    expect((await app.post("/flow_runs/filter", { limit: 15 })).body).toHaveLength(15);
  }, 7_000);

  it("cost a round trip for their keys and one for each four million bytes", async () => {
    const small = await app.post("/flow_runs/filter", { limit: 3 });
    expect(small.roundTrips).toBe(1);
    const all = await app.post("/flow_runs/filter", {});
    expect(all.roundTrips).toBe(2 + Math.ceil(24 / 8));
  }, 30_000);

  it("do not keep the cron from its work", async () => {
    const { runJobs } = await import("../../src/cron/index.ts");
    await runJobs(app.deps(), { cron: "* * * * *", scheduledTime: Date.now() * 1000 + 120_000_000 });
    const late = await app.post("/flow_runs/count", { flow_runs: { state: { name: { any_: ["Late"] } } } });
    expect(late.body).toBe(24);
  }, 60_000);

  it("are read whole by every list of logs, events, states, inputs, pools, flows and deployments", async () => {
    const text = "l".repeat(900_000);
    for (let i = 0; i < 3; i++) {
      const logs = [1, 2, 3, 4].map((n) => ({
        name: "large",
        level: 20,
        message: `${i}.${n} ${text}`,
        timestamp: new Date(Date.now() + i * 10 + n).toISOString(),
        flow_run_id: ids[0],
      }));
      expect((await app.post("/logs/", logs)).status).toBe(201);
      expect((await app.post("/flows/", { name: `flow ${i}`, labels: { text: text.repeat(5) } })).status).toBe(201);
      const template = { job_configuration: { command: text.repeat(5) }, variables: { type: "object", properties: {} } };
      expect((await app.post("/work_pools/", { name: `pool ${i}`, type: "process", base_job_template: template })).status).toBe(
        201,
      );
      const deployment = { name: `deployment ${i}`, flow_id, parameter_openapi_schema: { description: text.repeat(5) } };
      expect((await app.post("/deployments/", deployment)).status).toBe(201);
    }
    expect((await app.post("/logs/filter", {})).body).toHaveLength(12);
    const download = await app.get(`/flow_runs/${ids[0]}/logs/download`);
    expect(download.text.match(/\d\.\d l/g)).toHaveLength(12);
    for (const path of ["/flows", "/deployments", "/work_pools"]) {
      const listed = await app.post(`${path}/filter`, {});
      expect([path, listed.status, listed.body.length]).toEqual([path, 200, 4]);
    }
    for (let i = 0; i < 12; i++) {
      const event = {
        id: randomUUID(),
        occurred: new Date().toISOString(),
        event: "large",
        resource: { "prefect.resource.id": "large" },
        payload: { text },
      };
      expect((await app.post("/events", [event])).status).toBe(204);
    }
    const events = await app.post("/events/filter", { filter: { event: { name: ["large"] } }, limit: 10 });
    expect([events.status, events.body.events.length, events.body.total]).toEqual([200, 10, 12]);
    const next = await app.get(events.body.next_page.slice(events.body.next_page.indexOf("/api") + 4));
    expect([next.status, next.body.events.length]).toEqual([200, 2]);
  }, 120_000);
});
