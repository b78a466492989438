import { randomUUID } from "node:crypto";
import { createClient } from "@libsql/client/http";
import { beforeEach, describe, expect, it } from "vitest";
import { recordBacklog } from "../../src/services/record-backlog.ts";
import { type TestApp, testApp } from "../support/app.ts";

const second = (n: number) => `2024-03-01T08:00:${String(n).padStart(2, "0")}.000000Z`;
const micros = (n: number) => Date.parse(second(n)) * 1000;

interface Told {
  readonly id?: string;
  readonly run?: string;
  readonly flowRun?: string | null;
  readonly at: number;
  readonly type: string;
  readonly state?: object;
  readonly columns?: object;
  readonly resource?: object;
}

function told({ id = randomUUID(), run = "", flowRun, at, type, state, columns, resource }: Told) {
  const flow = { "prefect.resource.id": `prefect.flow-run.${flowRun}`, "prefect.resource.role": "flow-run" };
  return {
    id,
    occurred: second(at),
    event: `prefect.task-run.${type}`,
    resource: { "prefect.resource.id": `prefect.task-run.${run}`, "prefect.orchestration": "client", ...resource },
    related: flowRun === null ? [] : [flow, { "prefect.resource.id": "prefect.tag.x", "prefect.resource.role": "tag" }],
    payload: {
      validated_state: { type: type.toUpperCase(), name: type, message: "", state_details: {}, ...state },
      task_run: { name: "load-0", task_key: "load", dynamic_key: "0", ...columns },
    },
  };
}

describe("task runs told by events", () => {
  let app: TestApp;
  let flowRun: string;
  let run: string;
  beforeEach(async () => {
    app = await testApp();
    run = randomUUID();
    flowRun = await addFlowRun(randomUUID());
  });

  async function addFlowRun(id: string): Promise<string> {
    await app.deps().db.write([
      { sql: "insert into flow (id, created, updated, name) values ('f', 1, 1, 'f') on conflict do nothing", args: [] },
      { sql: "insert into flow_run (id, created, updated, name, flow_id) values (?, 1, 1, 'r', 'f')", args: [id] },
    ]);
    return id;
  }

  const query = async (sql: string, ...args: string[]) => {
    const { rows } = await createClient({ url: app.deps().config.databaseUrl }).execute({ sql, args });
    return rows.map((row) => ({ ...row }) as Record<string, unknown>);
  };
  const rows = () => query("select * from task_run order by dynamic_key");
  const states = (id = run) => query("select * from task_run_state where task_run_id = ? order by timestamp", id);
  const send = async (...events: object[]) => {
    const answer = await app.post("/events", events);
    expect([answer.status, answer.roundTrips]).toEqual([204, 1]);
  };
  const report = (more: Omit<Told, "run" | "flowRun"> & Partial<Told>) => told({ run, flowRun, ...more });

  it("has no labels that were not told, and a decision answers its state without the result", async () => {
    await send(report({ at: 1, type: "Completed", state: { data: { a: 1 } } }));
    expect((await app.get(`/task_runs/${run}`)).body).toMatchObject({ labels: null, state: { data: { a: 1 } } });
    const { body } = await app.post(`/task_runs/${run}/set_state`, { state: { type: "COMPLETED" } });
    expect(body).toMatchObject({ status: "REJECT", state: { type: "COMPLETED", data: null } });
    expect((await app.get(`/task_runs/${run}`)).body.state.data).toEqual({ a: 1 });
  });

  it("makes a row and a state in the round trip that stores the event", async () => {
    const id = randomUUID();
    const policy = { max_retries: 0, retry_delay_seconds: 0, retries: 1, retry_delay: [1, 2] };
    const inputs = { x: [{ input_type: "parameter", name: "day" }] };
    await send(
      report({
        id,
        at: 1,
        type: "Running",
        state: {
          message: "go",
          data: { storage_key: "k" },
          state_details: { untrackable_result: true, scheduled_time: second(9) },
        },
        columns: {
          tags: ["b", "a", "b"],
          empirical_policy: policy,
          task_inputs: inputs,
          start_time: second(1),
          run_count: 1,
          total_run_time: 1.5,
          estimated_run_time: 9,
          colour: "red",
        },
      }),
    );
    const [row] = await rows();
    expect(row).toMatchObject({
      id: run,
      flow_run_id: flowRun,
      name: "load-0",
      state_id: id,
      state_type: "RUNNING",
      state_name: "Running",
      state_timestamp: micros(1),
      start_time: micros(1),
      end_time: null,
      expected_start_time: null,
      run_count: 1,
      flow_run_run_count: 0,
      total_run_time: 1_500_000,
      tags: '["b","a","b"]',
      labels: null,
      task_inputs: JSON.stringify(inputs),
    });
    expect(JSON.parse(String(row?.empirical_policy))).toEqual({ ...policy, retry_jitter_factor: null });
    const [state] = await states();
    expect(state).toMatchObject({
      id,
      type: "RUNNING",
      message: "go",
      timestamp: micros(1),
      data: '{"storage_key":"k"}',
      result_artifact_id: null,
    });
    expect(JSON.parse(String(state?.state_details))).toMatchObject({
      task_run_id: run,
      flow_run_id: flowRun,
      untrackable_result: true,
      scheduled_time: second(9),
    });
    expect((await query("select tag from task_run_tag order by tag")).map((t) => t.tag)).toEqual(["a", "b"]);
  });

  it.each([
    ["one by one", (events: object[]) => events.map((event) => [event])],
    ["as a group", (events: object[]) => [events]],
    ["twice", (events: object[]) => [events, events]],
  ])("takes a run's events %s", async (_, groups) => {
    const events = [
      report({ at: 0, type: "Pending", columns: { tags: ["old"], expected_start_time: second(0) } }),
      report({ at: 1, type: "Running", columns: { start_time: second(1), run_count: 1, tags: ["new"] } }),
      report({ at: 4, type: "Completed", columns: { end_time: second(4), total_run_time: 3, expected_start_time: null } }),
    ];
    for (const group of groups(events)) await send(...group);
    expect(await rows()).toMatchObject([
      {
        state_type: "COMPLETED",
        start_time: micros(1),
        end_time: micros(4),
        run_count: 1,
        total_run_time: 3_000_000,
        tags: '["new"]',
        expected_start_time: null,
      },
    ]);
    expect((await states()).map((s) => s.name)).toEqual(["Pending", "Running", "Completed"]);
    expect(await query("select tag from task_run_tag")).toMatchObject([{ tag: "new" }]);
  });

  it("leaves a row alone that is newer, and adds the states all the same", async () => {
    await send(report({ at: 9, type: "Completed", columns: { end_time: second(9) } }));
    const before = await rows();
    await send(
      report({ at: 1, type: "Running", columns: { tags: ["ignored"], run_count: 5 } }),
      report({ at: 0, type: "Pending" }),
    );
    expect(await rows()).toEqual(before);
    expect((await states()).map((s) => s.name)).toEqual(["Pending", "Running", "Completed"]);
    expect(await query("select tag from task_run_tag")).toEqual([]);
  });

  it("takes of a group what is newer than the row, in the order of arrival", async () => {
    await send(report({ at: 5, type: "Running", columns: { run_count: 1, cache_key: "kept", start_time: second(5) } }));
    await send(
      report({ at: 3, type: "Pending", columns: { run_count: 100, task_version: "too old" } }),
      report({ at: 6, type: "Paused", columns: { run_count: 2, end_time: second(6) } }),
      report({ at: 4, type: "Scheduled", columns: { run_count: 101, expected_start_time: second(1) } }),
      report({ at: 7, type: "Running", columns: { run_count: 3, start_time: null } }),
    );
    expect(await rows()).toMatchObject([
      {
        run_count: 3,
        cache_key: "kept",
        task_version: null,
        start_time: null,
        end_time: micros(6),
        expected_start_time: null,
        state_timestamp: micros(7),
      },
    ]);
    expect(await states()).toHaveLength(5);
  });

  it("attaches the states of another id with the same keys to the run that is there", async () => {
    const other = randomUUID();
    await send(report({ at: 1, type: "Pending" }));
    await send(report({ at: 2, type: "Running", run: other }));
    await send(report({ at: 3, type: "Failed", run: randomUUID() }), report({ at: 4, type: "Completed", run: other }));
    expect(await rows()).toMatchObject([{ id: run, state_type: "COMPLETED" }]);
    const all = await states();
    expect(all).toHaveLength(4);
    for (const state of all) expect(JSON.parse(String(state.state_details)).task_run_id).toBe(run);
  });

  it("tells runs without a flow run apart by their ids alone", async () => {
    const other = randomUUID();
    await send(report({ at: 1, type: "Pending", flowRun: null }), report({ at: 1, type: "Pending", flowRun: null, run: other }));
    await send(report({ at: 2, type: "Running", flowRun: null }));
    expect((await rows()).map((r) => [r.id, r.state_type, r.flow_run_id]).sort()).toEqual(
      [
        [run, "RUNNING", null],
        [other, "PENDING", null],
      ].sort(),
    );
  });

  it("keeps the first of two states of the same time", async () => {
    await send(report({ at: 1, type: "Pending" }), report({ at: 1, type: "Running" }));
    expect(await rows()).toMatchObject([{ state_type: "PENDING" }]);
    expect(await states()).toMatchObject([{ type: "PENDING" }]);
  });

  it.each([
    ["orchestrated by the server", { resource: { "prefect.orchestration": "server" } }],
    ["without a valid run", { run: "x" }],
    ["without a valid flow run", { flowRun: "x" }],
    ["without a state type", { state: { type: "Running" } }],
    ["without keys", { columns: { task_key: null } }],
  ])("stores an event %s and makes no run of it", async (_, more) => {
    await send(
      report({ at: 1, type: "Running", ...more }),
      report({ at: 1, type: "Running", run: randomUUID(), columns: { dynamic_key: "ok" } }),
    );
    expect((await rows()).map((r) => r.dynamic_key)).toEqual(["ok"]);
    expect(await query("select id from event")).toHaveLength(2);
  });

  it("leaves out what it cannot read of a run and takes the rest", async () => {
    await send(
      report({
        at: 1,
        type: "Running",
        columns: { run_count: "many", tags: [1], start_time: "soon", name: null, end_time: second(2) },
      }),
    );
    expect(await rows()).toMatchObject([{ run_count: 0, tags: "[]", start_time: null, name: "", end_time: micros(2) }]);
  });

  it("records a run once its flow run is there: by a resend, or from the backlog", async () => {
    const late = randomUUID();
    const later = randomUUID();
    const first = report({ at: 1, type: "Running", flowRun: late, columns: { tags: ["t"] } });
    await send(first, report({ at: 1, type: "Running", run: randomUUID(), columns: { dynamic_key: "beside" } }));
    await send(report({ at: 2, type: "Running", run: randomUUID(), flowRun: later, columns: { dynamic_key: "never" } }));
    expect((await rows()).map((r) => r.dynamic_key)).toEqual(["beside"]);
    await addFlowRun(late);
    await recordBacklog(app.deps(), Date.now() * 1000);
    expect((await rows()).map((r) => r.dynamic_key)).toEqual(["0", "beside"]);
    expect(await states()).toHaveLength(1);
    expect(await query("select tag from task_run_tag")).toHaveLength(1);
    expect(await query("select flow_run_id from task_run_event_backlog")).toEqual([{ flow_run_id: later }]);
    await send(first);
    expect(await states()).toHaveLength(1);
    await recordBacklog(app.deps(), (Date.now() + 3_700_000) * 1000);
    expect(await query("select * from task_run_event_backlog")).toEqual([]);
  });

  it("asks once when there is no backlog", async () => {
    const deps = app.deps();
    await recordBacklog(deps, deps.now());
    expect(deps.db.roundTrips()).toBe(1);
  });

  it("takes a group of a thousand events of hundreds of runs with the same few statements", async () => {
    const runs = Array.from({ length: 500 }, () => randomUUID());
    const events = runs.flatMap((id, i) =>
      ["Pending", "Running"].map((type, at) =>
        report({ run: id, at, type, columns: { dynamic_key: String(i), tags: ["t", String(i)] } }),
      ),
    );
    const start = performance.now();
    await send(...events);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(await query("select count(*) n from task_run where state_type = 'RUNNING'")).toEqual([{ n: 500 }]);
    expect(await query("select count(*) n from task_run_state")).toEqual([{ n: 1000 }]);
    expect(await query("select count(*) n from task_run_tag")).toEqual([{ n: 1000 }]);
  });
});
