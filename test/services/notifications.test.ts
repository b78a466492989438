import { describe, expect, it } from "vitest";
import { runJobs } from "../../src/cron/index.ts";
import type { Deps } from "../../src/deps.ts";
import { sendNotifications } from "../../src/services/send-notifications.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";

const privately = { MILLIWAYS_ALLOW_PRIVATE_URLS: "1", MILLIWAYS_UI_URL: "https://ui.example.com/" };

/** Saves a block document of one of the server's own types. */
async function saveBlock(app: TestApp, slug: string, data: object): Promise<string> {
  const type = (await app.get(`/block_types/slug/${slug}`)).body.id;
  const filter = { block_schemas: { block_type_id: { any_: [type] } } };
  const [{ id: schema }] = (await app.post("/block_schemas/filter", filter)).body;
  return (await app.post("/block_documents/", { name: "b", block_type_id: type, block_schema_id: schema, data })).body.id;
}

const savePolicy = async (app: TestApp, block_document_id: string, more: object = {}): Promise<string> =>
  (await app.post("/flow_run_notification_policies/", { block_document_id, state_names: [], tags: [], ...more })).body.id;

async function makeRun(app: TestApp, more: object = {}): Promise<string> {
  const flow_id = (await app.post("/flows/", { name: "the flow" })).body.id;
  return (await app.post("/flow_runs/", { flow_id, name: "the-run", ...more })).body.id;
}

const setState = (app: TestApp, id: string, type: string, name?: string) =>
  app.post(`/flow_runs/${id}/set_state`, { state: { type, ...(name && { name }) }, force: true });

/** A time later than every pause before another attempt. */
const later = (app: TestApp, log: Deps["log"] = () => undefined): Deps => ({
  ...app.deps(),
  log,
  now: () => (Date.now() + 86_400_000) * 1000,
});

describe("a flow run notification policy", () => {
  it("tells of the states and tags that it names, once each, in the background of the request", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const block = await saveBlock(app, "slack-webhook", { url: `${receiver.url}/services/T0KEN` });
    const message_template = "{flow_name}/{flow_run_name}: {flow_run_state_name} {flow_run_url}";
    await savePolicy(app, block, { state_names: ["Failed", "Completed"], tags: ["a", "b"], message_template });
    const [tagged, untagged] = [await makeRun(app, { tags: ["b", "c"] }), await makeRun(app, { tags: ["c"] })];
    for (const id of [tagged, untagged]) for (const type of ["RUNNING", "COMPLETED"]) await setState(app, id, type);
    await app.settled();
    await runJobs(app.deps(), { cron: "* * * * *", scheduledTime: Date.now() * 1000 });
    const [request] = receiver.received;
    expect([receiver.received.length, request?.path]).toEqual([1, "/services/T0KEN"]);
    const [attachment] = JSON.parse(request?.body ?? "").attachments;
    expect([attachment.title, attachment.text]).toEqual([
      "Prefect flow run notification",
      `the flow/the-run: Completed https://ui.example.com/runs/flow-run/${tagged}`,
    ]);
  });

  it("tells of the first state of a new run, too, and of a state that the server puts in the place of a proposal", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const data = { name: "hook", url: receiver.url, form_data: "{{body}}" };
    await savePolicy(app, await saveBlock(app, "custom-webhook", data), { message_template: "{flow_run_state_name}" });
    const id = await makeRun(app, { state: { type: "PENDING" }, empirical_policy: { retries: 1 } });
    await app.post(`/flow_runs/${id}/set_state`, { state: { type: "RUNNING" } });
    await app.post(`/flow_runs/${id}/set_state`, { state: { type: "FAILED" } });
    await app.settled();
    expect(receiver.received.map(({ body }) => body)).toEqual(["Pending", "Running", "AwaitingRetry"]);
  });

  it("that is new is known to transitions from cached facts", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const block = await saveBlock(app, "slack-webhook", { url: receiver.url });
    const id = await makeRun(app);
    await setState(app, id, "PENDING");
    await savePolicy(app, block, { state_names: ["Running"] });
    await setState(app, id, "RUNNING");
    await app.settled();
    expect(receiver.received.length).toBe(1);
  });

  it("that is not active tells nothing and costs no statement", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const block = await saveBlock(app, "slack-webhook", { url: receiver.url });
    const policy = await savePolicy(app, block, { is_active: false });
    const texts: string[] = [];
    app.wrapDatabase((db) => ({
      ...db,
      write: (statements) => {
        texts.push(...statements.map(({ sql }) => sql));
        return db.write(statements);
      },
    }));
    const id = await makeRun(app);
    await setState(app, id, "RUNNING");
    await app.settled();
    const queueing = () => texts.filter((text) => text.includes("into flow_run_notification ")).length;
    expect([receiver.received.length, texts.length > 3, queueing()]).toEqual([0, true, 0]);
    await app.patch(`/flow_run_notification_policies/${policy}`, { is_active: true });
    await setState(app, id, "COMPLETED");
    await app.settled();
    expect([receiver.received.length, queueing() > 0]).toEqual([1, true]);
  });

  it("takes two round trips a transition as before", async () => {
    const app = await testApp();
    await savePolicy(app, await saveBlock(app, "slack-webhook", { url: "https://hooks.example.com" }), { state_names: ["None"] });
    const id = await makeRun(app);
    expect((await setState(app, id, "RUNNING")).roundTrips).toBeLessThanOrEqual(2);
  });
});

describe("a queued notification", () => {
  it("is sent once by two isolates that look at the same time", async () => {
    await using receiver = await startReceiver();
    const app = await testApp(privately);
    const block = await saveBlock(app, "slack-webhook", { url: receiver.url });
    await savePolicy(app, block, { state_names: ["Running"] });
    const flow = await makeRun(app);
    const ids = await Promise.all(Array.from({ length: 8 }, () => makeRun(app)));
    await Promise.all([flow, ...ids].map((id) => setState(app, id, "RUNNING")));
    await Promise.all(Array.from({ length: 4 }, () => sendNotifications(app.deps())));
    await app.settled();
    expect(receiver.received.length).toBe(9);
  });

  it("is tried again after a failure, and what was answered is not repeated", async () => {
    let isUp = false;
    await using failing = await startReceiver(({ body }) => ({ status: isUp || JSON.parse(body).channel === "one" ? 200 : 503 }));
    const app = await testApp(privately);
    const { hostname, port } = new URL(failing.url);
    const data = { hostname, port: Number(port), token: "t0ken", channels: ["one", "two"] };
    const block = await saveBlock(app, "mattermost-webhook", data);
    await savePolicy(app, block, { state_names: ["Running"] });
    await setState(app, await makeRun(app), "RUNNING");
    await app.settled();
    const channels = () => failing.received.map(({ body }) => JSON.parse(body).channel);
    expect(channels()).toEqual(["one", "two"]);
    await sendNotifications(app.deps());
    expect(channels()).toEqual(["one", "two"]);
    isUp = true;
    await sendNotifications(later(app));
    await sendNotifications(later(app));
    expect(channels()).toEqual(["one", "two", "two"]);
  });

  it("is dropped after six attempts, and no log line has the address", async () => {
    await using receiver = await startReceiver(() => ({ status: 500, body: "T0KEN" }));
    const lines: string[] = [];
    const log: Deps["log"] = (level, fields) => void lines.push(JSON.stringify({ level, ...fields }));
    const app = await testApp(privately, { log });
    await savePolicy(app, await saveBlock(app, "slack-webhook", { url: `${receiver.url}/T0KEN` }), { state_names: ["Running"] });
    await setState(app, await makeRun(app), "RUNNING");
    await app.settled();
    let time = Date.now() * 1000;
    for (let i = 0; i < 8; i++) {
      time += 86_400_000_000;
      const at = time;
      await sendNotifications({ ...app.deps(), now: () => at });
    }
    expect(receiver.received.length).toBe(6);
    expect(lines.filter((line) => line.includes('"dropped":true')).length).toBe(1);
    expect(lines.join("\n")).not.toMatch(/T0KEN|127\.0\.0\.1/);
  });

  it.each([
    ["a private address", {}, "slack-webhook", { url: "http://127.0.0.1:9/T0KEN" }, /not public/],
    ["a block that sends no notifications", privately, "secret", { value: "T0KEN" }, /do not send notifications/],
  ])("for %s is dropped at once with a reason", async (_, env, slug, data, reason) => {
    const lines: string[] = [];
    const log: Deps["log"] = (level, fields) => void lines.push(JSON.stringify({ level, ...fields }));
    const app = await testApp(env, { log });
    await savePolicy(app, await saveBlock(app, slug, data), { state_names: ["Running"] });
    await setState(app, await makeRun(app), "RUNNING");
    await app.settled();
    expect(lines.filter((line) => reason.test(line) && line.includes('"dropped":true')).length).toBe(1);
    expect(lines.join("\n")).not.toContain("T0KEN");
    expect(await sendNotifications(later(app))).toBe(false);
  });

  it("goes with its policy, its block and its run", async () => {
    await using receiver = await startReceiver(() => ({ status: 503 }));
    const app = await testApp(privately);
    const block = await saveBlock(app, "slack-webhook", { url: receiver.url });
    const [one, two] = [await savePolicy(app, block), await savePolicy(app, block, { state_names: ["Running"] })];
    const id = await makeRun(app, { state: { type: "PENDING" } });
    await setState(app, id, "RUNNING");
    await app.settled();
    expect(receiver.received.length).toBe(3);
    expect((await app.delete(`/flow_run_notification_policies/${one}`)).status).toBe(204);
    await app.delete(`/flow_runs/${id}`);
    await sendNotifications(later(app));
    expect(receiver.received.length).toBe(3);
    await app.delete(`/block_documents/${block}`);
    expect((await app.get(`/flow_run_notification_policies/${two}`)).status).toBe(404);
  });
});
