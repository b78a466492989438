// npm run test:automation-load [-- --seconds 60 --rate 1000 --automations 1000 --api URL]: how soon automations fire under a stream of
// events, and what they take from its intake. Fails where a bound is not kept; with --api it measures a server that is there already (the
// reference), and fails for nothing. The machine should be quiet otherwise.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "../e2e/support/server.ts";
import { type ApiClient, apiClient, dataOf, done } from "../support/api-client.ts";

const option = (name: string): string | undefined => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? undefined : process.argv[i + 1];
};
const seconds = Number(option("seconds") ?? 60);
const rate = Number(option("rate") ?? 1_000);
const automations = Number(option("automations") ?? 1_000);
const matching = 10;

/** Of the intake at this rate without automations, and seconds from an event to its firing at the 99th percentile. */
const bounds = { intake: 0.8, p99: 2 };
const batch = 50;
/** One of these events concerns the matching automations. */
const oneIn = 100;
const clients = 4;

let sent = 0;
const nextEvents = () =>
  Array.from({ length: batch }, () => ({
    id: randomUUID(),
    occurred: new Date().toISOString(),
    event: sent++ % oneIn === 0 ? "load.matches" : "load.passes",
    resource: { "prefect.resource.id": `load.${sent % 1_000}` },
  }));

const send = (api: ApiClient) => done(api.POST("/events", { body: nextEvents() }));

/** Returns the events a second that some clients bring in, one request after the other. */
async function intake(api: ApiClient, duration: number): Promise<number> {
  const started = performance.now();
  const end = started + duration * 1_000;
  let requests = 0;
  const client = async () => {
    for (; performance.now() < end; requests++) await send(api);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (requests * batch * 1_000) / (performance.now() - started);
}

/** Sends events at the rate, however long the answers take; returns how many matched, and how many were taken in a second. */
async function stream(api: ApiClient): Promise<{ matched: number; taken: number }> {
  const before = Math.ceil(sent / oneIn);
  const started = performance.now();
  const under: Promise<void>[] = [];
  for (let i = 0; i < (seconds * rate) / batch; i++) {
    await sleep(Math.max(0, started + (i * batch * 1_000) / rate - performance.now()));
    under.push(send(api));
  }
  await Promise.all(under);
  const took = (performance.now() - started) / 1_000;
  return { matched: Math.ceil(sent / oneIn) - before, taken: (seconds * rate) / took };
}

async function create(api: ApiClient): Promise<void> {
  for (let i = 0; i < automations; i++) {
    const expect = [i < matching ? "load.matches" : `load.other-${i}`];
    const trigger = { type: "event" as const, posture: "Reactive" as const, expect, threshold: 1, within: 0 };
    await dataOf(api.POST("/automations/", { body: { name: `automation ${i}`, trigger, actions: [] } }));
  }
}

interface Fired {
  /** Seconds from the event to its firing. */
  readonly after: number;
  readonly by: string;
  readonly event: string;
}

async function firings(api: ApiClient, since: string): Promise<Fired[]> {
  const filter = { event: { name: ["prefect.automation.triggered"] }, occurred: { since, until: new Date().toISOString() } };
  const found: Fired[] = [];
  let page = await dataOf(api.POST("/events/filter", { body: { filter, limit: 50 } }));
  for (;;) {
    for (const { occurred, resource, payload } of page.events) {
      const event = payload?.triggering_event;
      if (typeof event !== "object" || event === null || !("received" in event) || !("id" in event)) continue;
      const after = (Date.parse(occurred) - Date.parse(String(event.received))) / 1_000;
      found.push({ after, by: String(resource["prefect.resource.id"]), event: String(event.id) });
    }
    if (page.next_page === null) return found;
    const token = new URL(page.next_page).searchParams.get("page-token") ?? "";
    page = await dataOf(api.GET("/events/filter/next", { params: { query: { "page-token": token } } }));
  }
}

const there = option("api");
const server = there === undefined ? await startServer({}) : { apiUrl: there, stop: async () => undefined };
let failed = 0;
const note = (what: string, value: number, isKept: boolean) => {
  if (!isKept) failed++;
  console.log(`${what}: ${value.toFixed(3)}${isKept ? "" : "  NOT KEPT"}`);
};
try {
  const api = apiClient(server.apiUrl);
  await intake(api, 3);
  const most = await intake(api, 10);
  const without = await stream(api);
  await create(api);
  await sleep(1_000);
  const mostBeside = await intake(api, 10);
  // What that has left over is evaluated first.
  await sleep(10_000);
  const since = new Date().toISOString();
  const { matched, taken } = await stream(api);
  console.log(
    `events taken in a second: ${without.taken.toFixed(0)} without automations, ${taken.toFixed(0)} with ${automations}`,
  );
  note(`share of the intake (at least ${bounds.intake})`, taken / without.taken, taken >= bounds.intake * without.taken);
  console.log(
    `as many as the clients can: ${most.toFixed(0)} without, ${mostBeside.toFixed(0)} with, ${((100 * mostBeside) / most).toFixed(0)} %`,
  );
  await sleep(10_000);
  const all = await firings(api, since);
  const after = all.map((one) => one.after).sort((a, b) => a - b);
  const once = new Set(all.map(({ by, event }) => `${by} ${event}`)).size;
  note(`firings of ${matched * matching}, each once`, once, once === matched * matching && all.length === once);
  const p99 = after[Math.floor(after.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  note(`seconds from event to firing, median`, after[after.length >> 1] ?? Number.POSITIVE_INFINITY, true);
  note(`seconds from event to firing, p99 (at most ${bounds.p99})`, p99, p99 <= bounds.p99);
} finally {
  await server.stop();
}
process.exit(there === undefined && failed > 0 ? 1 : 0);
