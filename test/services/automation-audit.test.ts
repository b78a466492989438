import { expect, it } from "vitest";
import type { Action } from "../../src/schemas/automations/actions.ts";
import { doAutomationActions } from "../../src/services/automation-actions/index.ts";
import { DatabaseUnavailable, type Sql } from "../../src/store/client.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { testApp } from "../support/app.ts";
import {
  actionDeps,
  automationWith,
  causeOf,
  fire,
  firingOf,
  later,
  queued,
  queueFiring,
} from "../support/automation-actions.ts";

const selected = { source: "selected" as const };

it("tells what actions change as done by their automation, states aside", async () => {
  const app = await testApp();
  const flow_id = (await app.post("/flows/", { name: "etl" })).body.id;
  const deployment_id = (await app.post("/deployments/", { name: "d", flow_id })).body.id;
  const pool = (await app.post("/work_pools/", { name: "pool", type: "process" })).body;
  const queue = pool.default_queue_id;
  const doomed = (await app.post("/flow_runs/", { flow_id, state: { type: "RUNNING" } })).body.id;
  const other = (await app.post("/automations/", { name: "other", trigger: { posture: "Reactive" }, actions: [] })).body.id;
  const { rows: before } = await app.deps().db.execute(sql`select max(position) from audit`);
  const actions: Action[] = [
    { type: "run-deployment", ...selected, deployment_id, parameters: null, job_variables: null, schedule_after: 0 },
    { type: "pause-deployment", ...selected, deployment_id },
    { type: "resume-deployment", ...selected, deployment_id },
    { type: "pause-work-pool", ...selected, work_pool_id: pool.id },
    { type: "pause-work-queue", ...selected, work_queue_id: queue },
    { type: "pause-automation", ...selected, automation_id: other },
    { type: "cancel-flow-run" },
    { type: "delete-flow-run" },
    // Nothing is changed by one that fails.
    { type: "pause-deployment", ...selected, deployment_id: flow_id },
  ];
  const labels = { triggering_labels: { "prefect.resource.id": `prefect.flow-run.${doomed}` } };
  const { automation, invocations } = await fire(app, actions, null, labels);
  const told = (await app.post("/audit/filter", { principal_id: automation.id })).body;
  const principal = { type: "AUTOMATION", id: automation.id, name: "the automation", role: null };
  for (const row of told) expect([row.principal, invocations.includes(row.id)]).toEqual([principal, true]);
  const found = told.map(({ operation, object }: { operation: string; object: { kind: string; id: string } }) => [
    operation,
    object.kind,
    object.id,
  ]);
  expect(found.sort()).toEqual(
    [
      ["POST /deployments/{id}/create_flow_run", "flow_run", expect.any(String)],
      ["POST /deployments/{id}/pause_deployment", "deployment", deployment_id],
      ["POST /deployments/{id}/resume_deployment", "deployment", deployment_id],
      ["PATCH /work_pools/{name}", "work_pool", pool.id],
      ["PATCH /work_queues/{id}", "work_queue", queue],
      ["PATCH /automations/{id}", "automation", other],
      ["DELETE /flow_runs/{id}", "flow_run", doomed],
    ].sort(),
  );
  const { rows } = await app.deps().db.execute(sql`select count(*) from audit where position > ${Number(before[0]?.[0])}`);
  expect(Number(rows[0]?.[0])).toBe(found.length);
});

it("tells an action once that is done again because its end was not stored", async () => {
  const app = await testApp();
  const flow_id = (await app.post("/flows/", { name: "etl" })).body.id;
  const deployment_id = (await app.post("/deployments/", { name: "d", flow_id })).body.id;
  const automation = automationWith([{ type: "pause-deployment", ...selected, deployment_id }]);
  await queueFiring(app, automation, firingOf(automation, causeOf()));
  const { db } = app.deps();
  const fails = {
    ...db,
    write: (statements: readonly Sql[]) =>
      statements.some(({ sql: text }) => text.startsWith("delete from automation_action"))
        ? Promise.reject(new DatabaseUnavailable("stopped"))
        : db.write(statements),
  };
  const actionSender = () => ({ busyUntil: 0, woken: false, idleAt: 0, unsettled: new Map() });
  await doAutomationActions(actionDeps(app, { db: fails, actionSender: actionSender() }));
  expect(await queued(app)).toMatchObject({ waiting: 1 });
  const told = async () => (await app.post("/audit/filter", { principal_id: automation.id })).body;
  const [row] = await told();
  await app.post(`/deployments/${deployment_id}/resume_deployment`);
  await doAutomationActions(actionDeps(app, { now: later, actionSender: actionSender() }));
  expect(await queued(app)).toMatchObject({ waiting: 0 });
  expect((await app.get(`/deployments/${deployment_id}`)).body.paused).toBe(true);
  expect(await told()).toEqual([row]);
});
