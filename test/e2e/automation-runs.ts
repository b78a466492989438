import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { type BackgroundProcess, type Client, eventually, makeClient } from "./support/client.ts";
import { CLIENTS, type ClientName } from "./support/install-clients.ts";
import { type Server, startServer } from "./support/server.ts";

interface Setting {
  readonly client: Client;
  readonly receiver: Receiver;
  server: Server;
}

const settings = { MILLIWAYS_TICK_SECONDS: "2", MILLIWAYS_ALLOW_PRIVATE_URLS: "1" };

/** What automations do with a real client, with what is sent again and again, and with a server that is killed. */
export function describeAutomationRuns(name: ClientName): void {
  describe(`automations with Prefect ${CLIENTS[name]}`, () => {
    let setting: Setting;
    let serving: BackgroundProcess;

    beforeAll(async () => {
      const server = await startServer(settings);
      const client = makeClient(name, { apiUrl: server.apiUrl });
      setting = { server, client, receiver: await startReceiver() };
      serving = client.startFlow("automated.py");
    });
    afterAll(async () => {
      await setting?.client.close();
      await setting?.server.stop();
      await setting?.receiver[Symbol.asyncDispose]();
    });

    it("start a deployment when a run of another one has ended", () => startsAnother(setting, serving));
    it("notice a run that does not end in time", () => noticesEndless(setting));
    it("fire when three things have happened, once", () => firesOnThree(setting));
    it("call a webhook once for each of fifty events that two clients send twice at the same time", () => callsOnce(setting));
    it("do once what was queued when everything was killed", () => survivesKill(setting));
  });
}

async function ask({ server }: Setting, method: string, path: string, body: unknown = undefined): Promise<unknown> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const answer = await fetch(`${server.apiUrl}${path}`, { method, ...content });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const withId = z.object({ id: z.string() });
const idOf = (answer: unknown): string => withId.parse(answer).id;

const eventTrigger = (expected: string, more: object = {}) => ({
  type: "event",
  posture: "Reactive",
  expect: [expected],
  threshold: 1,
  within: 0,
  ...more,
});

const automate = async (setting: Setting, name: string, trigger: object, ...actions: object[]): Promise<string> =>
  idOf(await ask(setting, "POST", "/automations/", { name, trigger, actions }));

const happened = (event: string) => ({
  id: randomUUID(),
  event,
  occurred: new Date().toISOString(),
  resource: { "prefect.resource.id": `thing.${event}` },
});

async function webhook(setting: Setting): Promise<object> {
  const type = idOf(await ask(setting, "GET", "/block_types/slug/webhook"));
  const schemas = await ask(setting, "POST", "/block_schemas/filter", { block_schemas: { block_type_id: { any_: [type] } } });
  const [schema] = z.array(withId).parse(schemas);
  const data = { url: `${setting.receiver.url}/hook` };
  const body = { name: `hook-${randomUUID()}`, block_type_id: type, block_schema_id: schema?.id, data };
  const block_document_id = idOf(await ask(setting, "POST", "/block_documents/", body));
  return { type: "call-webhook", block_document_id, payload: "{{ event.event }} {{ event.id }}" };
}

const runs = z.array(
  z.object({
    name: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    created_by: z.object({ type: z.string() }).nullable(),
    state: z.object({ name: z.string(), message: z.string().nullable() }),
  }),
);
const runsOf = async (setting: Setting, deployment: string) =>
  runs.parse(await ask(setting, "POST", "/flow_runs/filter", { deployments: { name: { any_: [deployment] } } }));
const deploymentOf = async (setting: Setting, name: string): Promise<string> =>
  idOf(await ask(setting, "GET", `/deployments/name/${name}/${name}`));

async function startsAnother(setting: Setting, serving: BackgroundProcess): Promise<void> {
  await eventually(
    async () => z.array(z.unknown()).parse(await ask(setting, "POST", "/deployments/filter", {})),
    (found) => found.length === 3,
  ).catch((error) => {
    throw new Error(`${error.message}\n${serving.output()}`);
  });
  await setting.client.prefect("deployment", "run", "first/first");
  const [started, ...more] = await eventually(
    () => runsOf(setting, "second"),
    (found) => found[0]?.state.name === "Completed",
  );
  const [cause] = await runsOf(setting, "first");
  expect(more).toEqual([]);
  expect([started?.parameters, started?.created_by?.type]).toEqual([{ who: cause?.name }, "AUTOMATION"]);
}

async function noticesEndless(setting: Setting): Promise<void> {
  const trigger = {
    ...eventTrigger("prefect.flow-run.Completed", { posture: "Proactive", within: 10, for_each: ["prefect.resource.id"] }),
    after: ["prefect.flow-run.Running"],
    match: { "prefect.resource.id": "prefect.flow-run.*" },
    match_related: { "prefect.resource.role": "flow", "prefect.resource.name": "endless" },
  };
  const message = "It did not end in time.";
  await automate(setting, "endless", trigger, { type: "change-flow-run-state", state: "FAILED", message });
  await setting.client.prefect("deployment", "run", "endless/endless");
  const [noticed] = await eventually(
    () => runsOf(setting, "endless"),
    (found) => found[0]?.state.name === "Failed",
  );
  expect(noticed?.state.message).toBe(message);
}

const callsWith = ({ receiver }: Setting, event: string) => receiver.received.filter(({ body }) => body.startsWith(`${event} `));

async function firesOnThree(setting: Setting): Promise<void> {
  const triggers = ["three.a", "three.b", "three.c"].map((event) => eventTrigger(event));
  const trigger = { type: "compound", require: "all", within: 60, triggers };
  await automate(setting, "three", trigger, await webhook(setting));
  for (const event of ["three.b", "three.a", "three.a"]) await ask(setting, "POST", "/events", [happened(event)]);
  expect(callsWith(setting, "three.a")).toEqual([]);
  await ask(setting, "POST", "/events", [happened("three.c")]);
  await eventually(
    async () => callsWith(setting, "three.c"),
    (calls) => calls.length > 0,
  );
  expect(callsWith(setting, "three.c")).toHaveLength(1);
}

const counted = async (setting: Setting, automation: string, names: readonly string[]): Promise<number> => {
  const filter = { event: { name: names }, any_resource: { id: [`prefect.automation.${automation}`] } };
  const page = await ask(setting, "POST", "/events/filter", { filter, limit: 1 });
  return z.object({ total: z.number() }).parse(page).total;
};
const executed = (setting: Setting, automation: string) => counted(setting, automation, ["prefect.automation.action.executed"]);

async function callsOnce(setting: Setting): Promise<void> {
  const automation = await automate(setting, "fifty", eventTrigger("fifty"), await webhook(setting));
  const events = Array.from({ length: 50 }, () => happened("fifty"));
  const oneClient = async () => {
    for (const event of events) for (let n = 0; n < 2; n++) await ask(setting, "POST", "/events", [event]);
  };
  await Promise.all([oneClient(), oneClient()]);
  await eventually(
    () => executed(setting, automation),
    (told) => told >= 50,
  );
  expect(
    callsWith(setting, "fifty")
      .map(({ body }) => body)
      .sort(),
  ).toEqual(events.map(({ id }) => `fifty ${id}`).sort());
  expect(await counted(setting, automation, ["prefect.automation.triggered"])).toBe(50);
}

async function survivesKill(setting: Setting): Promise<void> {
  const deployment_id = await deploymentOf(setting, "endless");
  await ask(setting, "POST", `/deployments/${deployment_id}/pause_deployment`);
  // Nobody runs them: an hour ahead.
  const action = { type: "run-deployment", source: "selected", deployment_id, schedule_after: 3600 };
  const automation = await automate(setting, "killed", eventTrigger("killed"), action);
  const many = 100;
  await ask(
    setting,
    "POST",
    "/events",
    Array.from({ length: many }, () => happened("killed")),
  );
  await eventually(
    () => counted(setting, automation, ["prefect.automation.triggered"]),
    (fired) => fired > 0,
  );
  await setting.server.kill();
  setting.server = await startServer(settings, setting.server);
  const left = many - (await executed(setting, automation));
  expect(left).toBeGreaterThan(0);
  await eventually(
    () => executed(setting, automation),
    (told) => told >= many,
    240,
  );
  const made = (await runsOf(setting, "endless")).filter(({ created_by }) => created_by?.type === "AUTOMATION");
  expect(made).toHaveLength(many);
  expect(await executed(setting, automation)).toBe(many);
  expect(await counted(setting, automation, ["prefect.automation.triggered"])).toBe(many);
}
