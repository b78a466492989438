import { beforeEach, describe, expect, it } from "vitest";
import { mostAhead } from "../../src/domain/waiting-run.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { type TestApp, testApp } from "../support/app.ts";

const second = 1_000_000;

describe("why a flow run is late", () => {
  let app: TestApp;
  let flow_id: string;
  beforeEach(async () => {
    app = await testApp();
    flow_id = (await app.post("/flows/", { name: "f" })).body.id;
  });

  const made = async (path: string, body: object) => {
    const { status, body: found, text } = await app.post(path, body);
    expect(status, text).toBeLessThan(300);
    return found;
  };
  const pool = () => made("/work_pools/", { name: "pool", type: "process" });
  const deployment = (more: object = {}) => made("/deployments/", { name: "d", flow_id, ...more });
  const runOf = async ({ id }: { id: string }, state: object = {}): Promise<string> =>
    (await made(`/deployments/${id}/create_flow_run`, { state: { type: "SCHEDULED", ...state } })).id;
  const why = async (id: string) => {
    const { status, body, roundTrips } = await app.get(`/flow_runs/${id}/why_late`);
    expect([status, roundTrips]).toEqual([200, 1]);
    return body;
  };
  const kinds = async (id: string): Promise<string[]> => (await why(id)).reasons.map(({ kind }: { kind: string }) => kind);
  const holds = async (id: string, kind: string) => {
    const found = (await why(id)).reasons.find((reason: { kind: string }) => reason.kind === kind);
    return found?.holders.map(({ holder_id }: { holder_id: string }) => holder_id);
  };
  const setState = (id: string, type: string) => made(`/flow_runs/${id}/set_state`, { state: { type } });
  const heartbeat = () => app.post("/work_pools/pool/workers/heartbeat", { name: "w" });
  const poll = () => app.post("/work_pools/pool/get_scheduled_flow_runs", {});

  it("names the run, its state, its time and its delay", async () => {
    const { id } = await made("/flow_runs/", { flow_id, state: { type: "SCHEDULED" } });
    const body = await why(id);
    expect(body).toMatchObject({ flow_run_id: id, state_type: "SCHEDULED", state_name: "Scheduled" });
    expect(body.seconds_late).toBeGreaterThan(0);
    expect(body.seconds_late).toBeLessThan(600);
    expect(Date.parse(body.scheduled_time)).toBeLessThanOrEqual(Date.now());
    expect(body.reasons).toEqual([{ kind: "no_deployment", message: expect.stringContaining("no deployment"), holders: [] }]);
  });

  it("is not that it is late when its time has not come", async () => {
    const { id } = await made("/flow_runs/", {
      flow_id,
      state: { type: "SCHEDULED", state_details: { scheduled_time: "2099-01-01T00:00:00Z" } },
    });
    const { seconds_late, reasons } = await why(id);
    expect([seconds_late, reasons[0].kind]).toEqual([0, "not_due"]);
    expect(reasons[0].message).toContain("2099-01-01T00:00:00");
  });

  it("is that nobody serves its deployment, until somebody asks for its runs", async () => {
    const served = await deployment();
    const id = await runOf(served);
    expect(await kinds(id)).toEqual(["no_runner"]);
    await app.post("/deployments/get_scheduled_flow_runs", { deployment_ids: [served.id] });
    await app.settled();
    expect(await kinds(id)).toEqual([]);
    await app.deps().db.write([sql`update deployment set last_polled = last_polled - ${61 * second}`]);
    expect(await kinds(id)).toEqual(["no_runner"]);
  });

  it("tells of a paused deployment beside that", async () => {
    expect(await kinds(await runOf(await deployment({ paused: true })))).toEqual(["deployment_paused", "no_runner"]);
  });

  it("is that no worker is online, then that none asks for the queue, then nothing", async () => {
    await pool();
    const id = await runOf(await deployment({ work_pool_name: "pool" }));
    expect(await kinds(id)).toEqual(["no_worker"]);
    await heartbeat();
    expect(await kinds(id)).toEqual(["queue_not_polled"]);
    await poll();
    await app.settled();
    expect(await kinds(id)).toEqual([]);
    await app.deps().db.write([sql`update worker set last_heartbeat_time = last_heartbeat_time - ${91 * second}`]);
    expect(await kinds(id)).toEqual(["no_worker"]);
  });

  it("is the pause of its pool or its queue", async () => {
    await pool();
    const id = await runOf(await deployment({ work_pool_name: "pool" }));
    await app.patch("/work_pools/pool", { is_paused: true });
    expect(await kinds(id)).toEqual(["work_pool_paused", "no_worker"]);
    await app.patch("/work_pools/pool", { is_paused: false });
    await app.patch("/work_pools/pool/queues/default", { is_paused: true });
    expect(await kinds(id)).toEqual(["work_queue_paused", "no_worker"]);
  });

  it("is a full limit of its pool, its queue or its deployment, with who holds the slots", async () => {
    await pool();
    const of = await deployment({ work_pool_name: "pool", concurrency_limit: 1 });
    const holder = await runOf(of);
    await setState(holder, "PENDING");
    const id = await runOf(of);
    expect(await kinds(id)).toEqual(["deployment_limit", "no_worker"]);
    expect(await holds(id, "deployment_limit")).toEqual([holder]);
    await app.patch(`/deployments/${of.id}`, { concurrency_limit: 2 });
    await app.patch("/work_pools/pool", { concurrency_limit: 1 });
    expect(await holds(id, "work_pool_limit")).toEqual([holder]);
    await app.patch("/work_pools/pool", { concurrency_limit: null });
    await app.patch("/work_pools/pool/queues/default", { concurrency_limit: 1 });
    expect(await holds(id, "work_queue_limit")).toEqual([holder]);
    await setState(holder, "CANCELLED");
    expect(await kinds(id)).toEqual(["no_worker"]);
  });

  it("is the runs before it, counted up to a bound", async () => {
    await pool();
    const of = await deployment({ work_pool_name: "pool" });
    const first = await runOf(of);
    const second = await runOf(of);
    expect(await kinds(first)).toEqual(["no_worker"]);
    const message = async () => (await why(second)).reasons.at(-1);
    expect(await message()).toMatchObject({ kind: "behind_others", message: expect.stringMatching(/before it: 1\.$/) });
    const copies = sql`insert into flow_run (id, created, updated, name, flow_id, deployment_id, state_type, work_queue_id, next_scheduled_start_time, tags, parameters, empirical_policy, context, labels, run_count, total_run_time, auto_scheduled, job_variables)
      select 'copy-' || n.value, created, updated, name, flow_id, deployment_id, state_type, work_queue_id, next_scheduled_start_time, tags, parameters, empirical_policy, context, labels, run_count, total_run_time, auto_scheduled, job_variables
      from flow_run, generate_series(1, ${mostAhead + 5}) n where id = ${first}`;
    await app.deps().db.write([copies]);
    expect((await message()).message).toContain(`at least ${mostAhead}`);
  });

  it.each([
    ["PENDING", ["starting"]],
    ["RUNNING", []],
    ["COMPLETED", []],
  ])("of a run that is %s is %j", async (type, expected) => {
    const id = await runOf(await deployment());
    await app.post(`/flow_runs/${id}/set_state`, { state: { type }, force: true });
    expect(await kinds(id)).toEqual(expected);
  });

  it("is asked for an existing run", async () => {
    expect((await app.get("/flow_runs/00000000-0000-4000-8000-000000000001/why_late")).status).toBe(404);
    expect((await app.get("/flow_runs/x/why_late")).status).toBe(404);
  });
});
