import { describe, expect, it } from "vitest";
import { runJobs } from "../../src/cron/index.ts";
import { doAutomationActions } from "../../src/services/automation-actions/index.ts";
import { takeActions } from "../../src/store/automation-actions/queue.ts";
import { type Database, DatabaseUnavailable } from "../../src/store/client.ts";
import { sql } from "../../src/store/sql/tag.ts";
import { measuringDatabase } from "../scale/measuring-database.ts";
import { type TestApp, testApp } from "../support/app.ts";
import {
  actionDeps,
  automationWith,
  causeOf,
  endsOf,
  firingOf,
  later,
  queued,
  queueFiring,
  saveBlock,
} from "../support/automation-actions.ts";
import { startReceiver } from "../support/receiver.ts";

const privately = { MILLIWAYS_ALLOW_PRIVATE_URLS: "1" };
const nothing = { type: "do-nothing" } as const;
const fresh = () => ({ busyUntil: 0, woken: false, idleAt: 0, unsettled: new Map() });

async function queueOne(app: TestApp, actions: Parameters<typeof automationWith>[0]) {
  const automation = automationWith(actions);
  await queueFiring(app, automation, firingOf(automation, causeOf()));
  return automation;
}

const taking = { limit: 6, each: 3, except: [], from: "8" };

describe("the queue of actions", () => {
  it("gives each action to one of two workers that race, and tells it once", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const call = {
      type: "call-webhook",
      block_document_id: await saveBlock(app, "webhook", { url: receiver.url }),
      payload: "",
    } as const;
    const automations = await Promise.all(Array.from({ length: 8 }, () => queueOne(app, [call, nothing])));
    // Isolates of their own.
    await Promise.all(Array.from({ length: 3 }, () => doAutomationActions(actionDeps(app, { actionSender: fresh() }))));
    expect(receiver.received).toHaveLength(8);
    for (const { id } of automations) expect(await endsOf(app, id)).toHaveLength(2);
    expect(await queued(app)).toEqual({ waiting: 0, dead: 0, firings: 0 });
  });

  it("takes actions in turns, so that a flood of one automation keeps no other waiting", async () => {
    const app = await testApp();
    const flood = automationWith(Array(50).fill(nothing));
    for (let i = 0; i < 10; i++) await queueFiring(app, flood, firingOf(flood, causeOf()));
    const others = await Promise.all(Array.from({ length: 5 }, () => queueOne(app, [nothing])));
    const now = Date.now() * 1000;
    const taken = await takeActions(app.deps().db, { ...taking, now, until: now + 60_000_000 });
    expect(new Set(taken.map(({ row }) => row.automation_id))).toEqual(new Set([flood.id, ...others.map(({ id }) => id)]));
    const next = await takeActions(app.deps().db, { ...taking, now, until: now + 60_000_000 });
    expect(next.map(({ row }) => row.automation_id)).toEqual(Array(3).fill(flood.id));
    const order = [...taken, ...next].filter(({ row }) => row.automation_id === flood.id).map(({ row }) => row.invocation);
    expect(order).toEqual([...order].sort());
    expect(await takeActions(app.deps().db, { ...taking, now, until: now + 60_000_000, except: [flood.id] })).toEqual([]);
  });

  it("costs no more rows where it is long", async () => {
    const app = await testApp();
    const flood = automationWith(Array(50).fill(nothing));
    const db = measuringDatabase({ url: app.isolate.platform.config.databaseUrl });
    const read = async () => {
      await takeActions(db, { ...taking, now: 1, until: 2 });
      return db.taken().reduce((sum, { rowsRead }) => sum + rowsRead, 0);
    };
    await queueFiring(app, flood, firingOf(flood, causeOf()));
    const short = await read();
    for (let i = 0; i < 20; i++) await queueFiring(app, flood, firingOf(flood, causeOf()));
    expect(short).toBeGreaterThan(0);
    expect(await read()).toBeLessThanOrEqual(short + 20);
    for (let i = 0; i < 30; i++) await queueOne(app, [nothing]);
    expect(await read()).toBeLessThanOrEqual(short + 30 * 40);
  });

  it("gives an action again when its worker has stopped, and lets only the last one settle it", async () => {
    const app = await testApp();
    const automation = await queueOne(app, [nothing]);
    const now = Date.now() * 1000;
    const [first] = await takeActions(app.deps().db, { ...taking, now, until: now + 60_000_000 });
    await doAutomationActions(actionDeps(app));
    expect(await queued(app)).toMatchObject({ waiting: 1 });
    const [second] = await takeActions(app.deps().db, { ...taking, now: later(), until: later() + 60_000_000 });
    expect([first?.row.attempts, second?.row.attempts, second?.row.invocation]).toEqual([1, 2, first?.row.invocation]);
    const at = later() + 120_000_000;
    await doAutomationActions(actionDeps(app, { now: () => at }));
    expect(await endsOf(app, automation.id)).toHaveLength(1);
    expect(await queued(app)).toEqual({ waiting: 0, dead: 0, firings: 0 });
  });

  it("is swept by cron", async () => {
    const app = await testApp();
    const automation = await queueOne(app, [nothing]);
    await runJobs(app.deps(), { cron: "* * * * *", scheduledTime: Date.now() * 1000 });
    expect(await endsOf(app, automation.id)).toHaveLength(1);
  });
});

describe("an action that was done", () => {
  it("is not done again where its end could not be stored, and is told once", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const block = await saveBlock(app, "webhook", { url: receiver.url });
    const automation = await queueOne(app, [{ type: "call-webhook", block_document_id: block, payload: "" }]);
    const actionSender = fresh();
    const { db } = app.deps();
    // The answer of the settling batch is lost before it was executed.
    const broken: Database = {
      ...db,
      write: async (statements) => {
        if (statements.some(({ sql }) => sql.includes("delete from automation_action"))) throw new DatabaseUnavailable("lost");
        return db.write(statements);
      },
    };
    await doAutomationActions(actionDeps(app, { db: broken, actionSender, log: () => undefined }));
    expect([receiver.received.length, (await endsOf(app, automation.id)).length]).toEqual([1, 0]);
    const at = later();
    await doAutomationActions(actionDeps(app, { now: () => at, actionSender }));
    expect([receiver.received.length, (await endsOf(app, automation.id)).length]).toEqual([1, 1]);
    expect(await queued(app)).toEqual({ waiting: 0, dead: 0, firings: 0 });
  });

  it("has no second effect where everything stopped before its end was stored", async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "etl" })).body.id;
    const deployment_id = (await app.post("/deployments/", { name: "d", flow_id })).body.id;
    const id = (await app.post("/flow_runs/", { flow_id, state: { type: "RUNNING" } })).body.id;
    const automation = automationWith([
      { type: "run-deployment", source: "selected", deployment_id, parameters: null, job_variables: null, schedule_after: 0 },
      { type: "change-flow-run-state", state: "FAILED", name: "Broken", message: null, force: true },
    ]);
    await queueFiring(
      app,
      automation,
      firingOf(automation, causeOf({ resource: { "prefect.resource.id": `prefect.flow-run.${id}` } })),
    );
    const { db } = app.deps();
    const lost: Database = {
      ...db,
      write: (statements) =>
        statements.some(({ sql }) => sql.includes("delete from automation_action"))
          ? Promise.reject(new DatabaseUnavailable("killed"))
          : db.write(statements),
    };
    await doAutomationActions(actionDeps(app, { db: lost, actionSender: fresh(), log: () => undefined }));
    const at = later();
    await doAutomationActions(actionDeps(app, { now: () => at, actionSender: fresh() }));
    expect((await app.post("/flow_runs/count", { deployments: { id: { any_: [deployment_id] } } })).body).toBe(1);
    const states = (await app.get(`/flow_run_states/?flow_run_id=${id}`)).body.map(({ name }: { name: string }) => name);
    expect(states).toEqual(["Running", "Broken"]);
    expect((await endsOf(app, automation.id)).map(({ event }: { event: string }) => event)).toEqual(
      Array(2).fill("prefect.automation.action.executed"),
    );
  });
});

describe("an action that was interrupted", () => {
  it("is tried three times more, then given up as a dead letter that an event tells", async () => {
    await using receiver = await startReceiver(() => ({ status: 503 }));
    const lines: string[] = [];
    const app = await testApp(privately);
    const block = await saveBlock(app, "slack-webhook", { url: `${receiver.url}/T0KEN` });
    const automation = await queueOne(app, [
      { type: "send-notification", block_document_id: block, subject: "s", body: "b" },
      nothing,
    ]);
    const log = (level: string, fields: object) => void lines.push(JSON.stringify({ level, ...fields }));
    for (let i = 0; i < 6; i++) {
      const at = later() + i * 3_600_000_000;
      await doAutomationActions(actionDeps(app, { now: () => at, log }));
    }
    expect(receiver.received).toHaveLength(4);
    const [dead, done] = await endsOf(app, automation.id);
    expect([dead.event, dead.payload.reason, done.event]).toEqual([
      "prefect.automation.action.failed",
      "Notification failed",
      "prefect.automation.action.executed",
    ]);
    expect(await queued(app)).toEqual({ waiting: 0, dead: 1, firings: 1 });
    expect(lines.join("\n")).not.toMatch(/T0KEN|127\.0\.0\.1/);
    const at = Date.now() * 1000 + 30 * 86_400_000_000;
    await runJobs({ ...app.deps(), now: () => at, log: () => undefined }, { cron: "* * * * *", scheduledTime: at });
    expect(await queued(app)).toEqual({ waiting: 0, dead: 0, firings: 0 });
  });

  it("by an unexpected error tells only the kind of that error", async () => {
    const app = await testApp();
    const automation = await queueOne(app, [{ type: "pause-deployment", source: "selected", deployment_id: "x" }]);
    const { db } = app.deps();
    const failing: Database = {
      ...db,
      write: async (statements) => {
        if (statements.some(({ sql }) => sql.includes("update deployment"))) throw new TypeError("http://user:T0KEN@host");
        return db.write(statements);
      },
    };
    for (let i = 0; i < 5; i++) {
      const at = later() + i * 3_600_000_000;
      await doAutomationActions(actionDeps(app, { db: failing, now: () => at, log: () => undefined }));
    }
    expect((await endsOf(app, automation.id))[0].payload.reason).toBe("Unexpected TypeError");
    expect(await queued(app)).toMatchObject({ dead: 1 });
  });

  it("is given up where its workers stop again and again, and where this version does not know it", async () => {
    const app = await testApp();
    const automation = await queueOne(app, [nothing, nothing]);
    const { db } = app.deps();
    await db.execute(sql`update automation_action set attempts = 8 where action_index = 0`);
    await db.execute(sql`update automation_action set action = '{"type":"declare-incident"}' where action_index = 1`);
    for (let i = 0; i < 5; i++) {
      const at = later() + i * 3_600_000_000;
      await doAutomationActions(actionDeps(app, { now: () => at, log: () => undefined }));
    }
    expect((await endsOf(app, automation.id)).map((e: { payload: { reason: string } }) => e.payload.reason)).toEqual([
      "Its workers have stopped again and again",
      "Unexpected TypeError",
    ]);
    expect(await queued(app)).toMatchObject({ waiting: 0, dead: 2 });
  });

  it("or failed is told within the size of an event, whatever it was about", async () => {
    const app = await testApp();
    const flow_id = (await app.post("/flows/", { name: "etl" })).body.id;
    const schema = { type: "object", properties: { n: { type: "integer" } } };
    const more = { parameter_openapi_schema: schema, enforce_parameter_schema: true };
    const deployment_id = (await app.post("/deployments/", { name: "d", flow_id, ...more })).body.id;
    const parameters = { n: "{{ event.payload.long }}" };
    const automation = automationWith([
      { type: "run-deployment", source: "selected", deployment_id, parameters, job_variables: null, schedule_after: 0 },
    ]);
    await queueFiring(app, automation, firingOf(automation, causeOf({ payload: { long: "x".repeat(300_000) } })));
    await doAutomationActions(actionDeps(app));
    const [{ payload }] = await endsOf(app, automation.id);
    expect(payload.reason).toMatch(/^Validation error occurred for 'run-deployment' - .{10000}/);
    expect(JSON.stringify(payload).length).toBeLessThan(110_000);
  });
});
