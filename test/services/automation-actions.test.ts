import { describe, expect, it } from "vitest";
import type { Action } from "../../src/schemas/automations/actions.ts";
import { doAutomationActions } from "../../src/services/automation-actions/index.ts";
import { type TestApp, testApp } from "../support/app.ts";
import {
  actionDeps,
  automationWith,
  causeOf,
  endsOf,
  fire,
  firingOf,
  queued,
  queueFiring,
  toldBy,
} from "../support/automation-actions.ts";

const nobody = "00000000-0000-4000-8000-000000000000";
const run = (deployment_id: string | null, more: object = {}): Action => ({
  type: "run-deployment",
  source: deployment_id === null ? "inferred" : "selected",
  deployment_id,
  parameters: null,
  job_variables: null,
  schedule_after: 0,
  ...more,
});

const makeFlow = async (app: TestApp) => (await app.post("/flows/", { name: "etl" })).body.id;
const deploy = async (app: TestApp, more: object = {}): Promise<string> =>
  (await app.post("/deployments/", { name: "d", flow_id: await makeFlow(app), ...more })).body.id;
const makeRun = async (app: TestApp, more: object = {}): Promise<string> =>
  (await app.post("/flow_runs/", { flow_id: await makeFlow(app), name: "run-1", state: { type: "RUNNING" }, ...more })).body.id;
const related = (id: string, role = "x") => ({ "prefect.resource.id": id, "prefect.resource.role": role });
const about = (id: string) => causeOf({ resource: { "prefect.resource.id": id } });

describe("actions that fail", () => {
  it("are told with the reference's reasons, once, and leave nothing in the queue", async () => {
    const app = await testApp();
    const schema = { type: "object", properties: { n: { type: "integer" } } };
    const d = await deploy(app, { parameter_openapi_schema: schema, enforce_parameter_schema: true });
    const selected = { source: "selected" as const };
    const unknown = { __prefect_kind: "workspace_variable", variable_name: "unknown" };
    const { ends } = await fire(app, [
      run(nobody),
      run(d, { parameters: { n: "x" } }),
      run(d, { parameters: { n: unknown } }),
      { type: "pause-deployment", ...selected, deployment_id: nobody },
      { type: "resume-deployment", source: "inferred", deployment_id: null },
      { type: "cancel-flow-run" },
      { type: "pause-work-pool", ...selected, work_pool_id: nobody },
      { type: "resume-work-queue", ...selected, work_queue_id: nobody },
      { type: "pause-automation", ...selected, automation_id: nobody },
      { type: "call-webhook", block_document_id: nobody, payload: "" },
      { type: "send-notification", block_document_id: nobody, subject: "s", body: "" },
      run(d, { parameters: { n: "{{ 1 + 1 }}" } }),
      run(d, { parameters: { n: { __prefect_kind: "json", value: "{" } } }),
      { type: "resume-work-pool", source: "inferred", work_pool_id: null },
      { type: "pause-work-queue", source: "inferred", work_queue_id: null },
      { type: "resume-automation", source: "inferred", automation_id: null },
    ]);
    const fault =
      "Error creating flow run: Validation failed for field 'n'. Failure reason: 'x' is not valid under any of the given schemas";
    expect(ends.map(({ event }: { event: string }) => event)).toEqual(Array(16).fill("prefect.automation.action.failed"));
    expect(
      ends.map((e: { payload: { reason: string; status_code?: number } }) => [e.payload.reason, e.payload.status_code]),
    ).toEqual([
      ["Unexpected status from 'run-deployment' action: 404", 404],
      [`Validation error occurred for 'run-deployment' - ${fault}`, 409],
      ["Unable to create flow run from deployment: WorkspaceVariableNotFound()", undefined],
      ["Unexpected status from 'pause-deployment' action: 404", 404],
      ["No deployment could be inferred", undefined],
      ["No flow run could be inferred", undefined],
      [`Work pool ${nobody} not found`, undefined],
      ["Unexpected status from 'resume-work-queue' action: 404", 404],
      ["Unexpected status from 'pause-automation' action: 404", 404],
      ["Unexpected status from 'call-webhook' action: 404", undefined],
      ["Unexpected status from 'send-notification' action: 404", undefined],
      ["Unable to create flow run from deployment: InvalidJinja()", undefined],
      ["Unable to create flow run from deployment: InvalidJSON()", undefined],
      ["No work pool could be inferred", undefined],
      ["No work queue could be inferred", undefined],
      ["No automation could be inferred", undefined],
    ]);
    expect(ends[1].payload.validation_error).toBe(fault);
    expect(ends[0].related[0]).toEqual({
      "prefect.resource.id": `prefect.deployment.${nobody}`,
      "prefect.resource.role": "target",
    });
    expect(await queued(app)).toEqual({ waiting: 0, dead: 0, firings: 0 });
  });

  it("without an event have no object to infer, but the flow run that the trigger watches", async () => {
    const app = await testApp();
    const watched = await makeRun(app);
    const inferred = { source: "inferred" as const };
    const labels = { triggering_labels: { "prefect.resource.id": `prefect.flow-run.${watched}` } };
    const actions: Action[] = [
      run(null),
      { type: "pause-work-pool", ...inferred, work_pool_id: null },
      { type: "pause-work-queue", ...inferred, work_queue_id: null },
      { type: "pause-automation", ...inferred, automation_id: null },
      { type: "cancel-flow-run" },
    ];
    const { ends } = await fire(app, actions, null, labels);
    expect(ends.map((e: { payload: { reason?: string } }) => e.payload.reason)).toEqual([
      "No event to infer the deployment",
      "No event to infer the work pool",
      "No event to infer the work queue",
      "No event to infer the automation",
      undefined,
    ]);
    expect((await app.get(`/flow_runs/${watched}`)).body.state.name).toBe("Cancelling");
  });
});

describe("the events of an action", () => {
  it("are triggered and executed, about the automation, its firing and the event, and follow one another", async () => {
    const app = await testApp();
    const cause = causeOf();
    const { automation, invocations } = await fire(app, [{ type: "do-nothing" }], cause);
    const [first, second, ...rest] = await toldBy(app, automation.id, [
      "prefect.automation.action.triggered",
      "prefect.automation.action.executed",
    ]);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      event: "prefect.automation.action.triggered",
      follows: cause.id,
      payload: { action_index: 0, action_type: "do-nothing", invocation: invocations[0] },
      resource: {
        "prefect.resource.id": `prefect.automation.${automation.id}`,
        "prefect.resource.name": "the automation",
        "prefect.trigger-type": "event",
        "prefect.posture": "Reactive",
      },
    });
    expect(first.related.map((one: Record<string, string>) => one["prefect.resource.role"])).toEqual([
      "automation-triggered-event",
      "triggering-event",
    ]);
    expect(second).toMatchObject({ event: "prefect.automation.action.executed", follows: first.id, payload: first.payload });
    expect(second.related).toEqual(first.related);
  });

  it("do not follow an event of long ago, and of a composite trigger tell no posture", async () => {
    const app = await testApp();
    const automation = automationWith([{ type: "do-nothing" }], {
      trigger: { type: "sequence", id: nobody, triggers: [], within: null },
    });
    const cause = causeOf({ occurred: "2020-01-01T00:00:00.000000Z" });
    await queueFiring(app, automation, firingOf(automation, cause));
    await doAutomationActions(actionDeps(app));
    const [first] = await toldBy(app, automation.id, ["prefect.automation.action.triggered"]);
    expect([first.follows, first.resource["prefect.trigger-type"], first.resource["prefect.posture"]]).toEqual([
      null,
      "sequence",
      undefined,
    ]);
  });

  it("of actions on trigger have the event that tells the firing as their cause", async () => {
    const app = await testApp();
    const d = await deploy(app);
    const what = (name: string) => run(d, { parameters: { name, event: "{{ event.event }}" } });
    const automation = automationWith([what("plain")], { actions_on_trigger: [what("trigger")] });
    await queueFiring(app, automation, firingOf(automation, causeOf()));
    await doAutomationActions(actionDeps(app));
    const ends = await endsOf(app, automation.id);
    const causes = ends.map((e: { related: Record<string, string>[] }) =>
      e.related.slice(-2).map((one) => one["prefect.resource.id"]),
    );
    expect(causes[1][0]).toBe(causes[1][1]);
    expect(causes[0][0]).not.toBe(causes[0][1]);
    const runs = (await app.post("/flow_runs/filter", {})).body.map((r: { parameters: object }) => r.parameters);
    expect(runs).toHaveLength(2);
    expect(runs).toContainEqual({ name: "plain", event: "it.happened" });
    expect(runs).toContainEqual({ name: "trigger", event: "prefect.automation.triggered" });
  });
});

describe("run-deployment", () => {
  it("creates a run in the name of the automation, with the deployment's parameters below its own, at its time", async () => {
    const app = await testApp();
    const d = await deploy(app, { parameters: { n: 1, m: 2 }, tags: ["t"] });
    const { automation, invocations, ends } = await fire(app, [
      run(d, { parameters: { n: 3 } }),
      run(d, { schedule_after: 7200, job_variables: { a: "b" } }),
    ]);
    const runs = (await app.post("/flow_runs/filter", { sort: "EXPECTED_START_TIME_ASC" })).body;
    expect(
      runs.map((r: { parameters: object; job_variables: object; tags: string[] }) => [r.parameters, r.job_variables, r.tags]),
    ).toEqual([
      [{ n: 3, m: 2 }, null, ["t"]],
      [{ n: 1, m: 2 }, { a: "b" }, ["t"]],
    ]);
    expect(runs[0].created_by).toEqual({ id: automation.id, type: "AUTOMATION", display_value: "the automation" });
    expect(runs[0].idempotency_key).toBe(`automation ${automation.id}, action 0, invocation ${invocations[0]}`);
    const hours = runs.map((r: { expected_start_time: string; created: string }) =>
      Math.floor((Date.parse(r.expected_start_time) - Date.parse(r.created) + 60_000) / 3_600_000),
    );
    expect(hours).toEqual([0, 2]);
    expect(ends[0]).toMatchObject({ event: "prefect.automation.action.executed", payload: { status_code: 201 } });
    expect(ends[0].related[1]).toEqual({
      ...related(`prefect.flow-run.${runs[0].id}`, "flow-run"),
      "prefect.resource.name": runs[0].name,
    });
    const filter = { event: { name: ["prefect.flow-run.Scheduled"] } };
    const [scheduled] = (await app.post("/events/filter", { filter })).body.events;
    expect(scheduled.related).toContainEqual({
      ...related(`prefect.automation.${automation.id}`, "creator"),
      "prefect.resource.name": "the automation",
    });
  });

  it("infers the first deployment of the event, and none where that has no UUID", async () => {
    const app = await testApp();
    const d = await deploy(app);
    const [good, bad] = [related(`prefect.deployment.${d}`), related("prefect.deployment.x")];
    expect((await fire(app, [run(null)], causeOf({ related: [good, bad] }))).ends[0].event).toBe(
      "prefect.automation.action.executed",
    );
    expect((await fire(app, [run(null)], about(`prefect.deployment.${d}`))).ends[0].event).toBe(
      "prefect.automation.action.executed",
    );
    expect((await fire(app, [run(null)], causeOf({ related: [bad, good] }))).ends[0].payload.reason).toBe(
      "No deployment could be inferred",
    );
  });
});

describe("actions on flow runs", () => {
  const change = { type: "change-flow-run-state", name: "Broken", state: "FAILED", message: "by rule", force: false } as const;

  it("set the states of the sheet", async () => {
    const app = await testApp();
    const d = await deploy(app);
    const names: readonly [Action, string, string, string | ((id: string) => string)][] = [
      [{ type: "cancel-flow-run" }, "CANCELLING", "Cancelling", (id) => `Cancelled by Automation ${id}`],
      [{ type: "suspend-flow-run" }, "PAUSED", "Suspended", (id) => `Suspended by Automation ${id}`],
      [change, "FAILED", "Broken", "by rule"],
      [{ ...change, name: null, message: null }, "FAILED", "Failed", (id) => `State changed by Automation ${id}`],
    ];
    for (const [action, type, name, message] of names) {
      const id = await makeRun(app, { deployment_id: d });
      const { automation, ends } = await fire(app, [action], about(`prefect.flow-run.${id}`));
      const { state } = (await app.get(`/flow_runs/${id}`)).body;
      expect([ends[0].payload.status_code, state.type, state.name, state.message]).toEqual([
        201,
        type,
        name,
        typeof message === "string" ? message : message(automation.id),
      ]);
    }
  });

  it("tell what the rules refuse, and force skips them", async () => {
    const app = await testApp();
    const final = await makeRun(app, { state: { type: "COMPLETED" } });
    const refused = (await fire(app, [{ type: "cancel-flow-run" }], about(`prefect.flow-run.${final}`))).ends[0];
    expect([refused.payload.status_code, refused.payload.reason]).toEqual([200, expect.stringMatching(/^Failed to set state: /)]);
    const waiting = await makeRun(app, { state: { type: "SCHEDULED" } });
    const replaced = (await fire(app, [{ type: "cancel-flow-run" }], about(`prefect.flow-run.${waiting}`))).ends[0];
    expect([replaced.event, replaced.payload.status_code, replaced.payload.reason]).toEqual([
      "prefect.automation.action.failed",
      201,
      "Failed to set state: Scheduled flow run has no infrastructure to terminate.",
    ]);
    expect((await app.get(`/flow_runs/${waiting}`)).body.state_type).toBe("CANCELLED");
    await fire(app, [{ ...change, force: true }], about(`prefect.flow-run.${final}`));
    expect((await app.get(`/flow_runs/${final}`)).body.state_name).toBe("Broken");
  });

  it("resume what is paused and delete", async () => {
    const app = await testApp();
    const details = { pause_timeout: "2035-01-01T00:00:00Z", pause_reschedule: true };
    const paused = await makeRun(app, {
      deployment_id: await deploy(app),
      state: { type: "PAUSED", name: "Suspended", state_details: details },
    });
    const running = await makeRun(app);
    const resume: Action = { type: "resume-flow-run" };
    expect((await fire(app, [resume], about(`prefect.flow-run.${paused}`))).ends[0].payload).not.toHaveProperty("status_code");
    expect((await app.get(`/flow_runs/${paused}`)).body.state_name).toBe("Resuming");
    expect((await fire(app, [resume], about(`prefect.flow-run.${running}`))).ends[0].payload.reason).toBe(
      "Failed to resume flow run: Cannot resume a flow run that is not paused.",
    );
    expect((await fire(app, [resume], about(`prefect.flow-run.${nobody}`))).ends[0].payload.reason).toBe(
      "Unexpected status from 'resume-flow-run' action: 404",
    );
    expect(
      (await fire(app, [{ type: "delete-flow-run" }], about(`prefect.flow-run.${running}`))).ends[0].payload.status_code,
    ).toBe(204);
    expect((await app.get(`/flow_runs/${running}`)).status).toBe(404);
  });
});

describe("actions on deployments, work pools, work queues and automations", () => {
  it("pause and resume them, selected and inferred", async () => {
    const app = await testApp();
    const pool = (await app.post("/work_pools/", { name: "a pool", type: "process" })).body.id;
    const queue = (await app.post("/work_pools/a pool/queues", { name: "q" })).body.id;
    const d = await deploy(app);
    const selected = { source: "selected" as const };
    const paused = await fire(app, [
      { type: "pause-work-pool", ...selected, work_pool_id: pool },
      { type: "pause-work-queue", ...selected, work_queue_id: queue },
      { type: "pause-deployment", ...selected, deployment_id: d },
    ]);
    const state = async () => [
      (await app.get("/work_pools/a pool")).body.is_paused,
      (await app.get(`/work_queues/${queue}`)).body.is_paused,
      (await app.get(`/deployments/${d}`)).body.paused,
    ];
    expect(await state()).toEqual([true, true, true]);
    expect(paused.ends.map((e: { payload: { status_code: number } }) => e.payload.status_code)).toEqual([204, 204, 200]);
    expect(paused.ends[0].related[0]).toEqual({
      ...related(`prefect.work-pool.${pool}`, "target"),
      "prefect.resource.name": "a pool",
    });
    const inferred = { source: "inferred" as const };
    const cause = causeOf({
      related: [`work-pool.${pool}`, `work-queue.${queue}`, `deployment.${d}`].map((id) => related(`prefect.${id}`)),
    });
    await fire(
      app,
      [
        { type: "resume-work-pool", ...inferred, work_pool_id: null },
        { type: "resume-work-queue", ...inferred, work_queue_id: null },
        { type: "resume-deployment", ...inferred, deployment_id: null },
      ],
      cause,
    );
    expect(await state()).toEqual([false, false, false]);
  });
});
