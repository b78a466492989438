// npm run test:idle [-- --sockets 1000 --seconds 20]: what idle sockets cost `npm start`'s server, how soon an event is heard by all of
// them, and what reads beside them take. Fails where a bound is not kept. The machine should be quiet otherwise.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { freePorts } from "../../src/local/processes.ts";

const option = (name: string, fallback: number): number => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : Number(process.argv[i + 1]);
};
const sockets = option("sockets", 1_000);
const seconds = option("seconds", 20);

const bounds = { cores: 0.2, heardMs: 1_500, readsRatio: 2 };
const ticksPerSecond = 100;

const folder = mkdtempSync(join(tmpdir(), "milliways-idle-"));
const [port = 0] = await freePorts(1);
const api = `http://127.0.0.1:${port}/api`;
const server = spawn("npm", ["start"], {
  cwd: join(import.meta.dirname, "../.."),
  env: { ...process.env, PORT: String(port), MILLIWAYS_DATA_DIR: join(folder, "data") },
  stdio: ["ignore", "pipe", "inherit"],
});
let output = "";
server.stdout.on("data", (data) => (output += data));

/** Returns the CPU time of the server's processes so far, in seconds, all threads included. */
function cpuSeconds(): number {
  const { children } = JSON.parse(readFileSync(join(folder, "data/processes.json"), "utf8"));
  return Object.values<number>(children).reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }, 0);
}

async function post(path: string, body: unknown): Promise<Response> {
  const answer = await fetch(api + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

const future = new Date(Date.now() + 86_400_000).toISOString();
const kinds: [Kind, ...Kind[]] = [
  {
    path: "/events/out",
    subscribe: (i) => ({
      type: "filter",
      filter: { occurred: { since: new Date(Date.now() - i).toISOString(), until: future } },
    }),
  },
  { path: "/logs/out", subscribe: () => ({ type: "filter", filter: {} }) },
  {
    path: "/task_runs/subscriptions/scheduled",
    subscribe: (i) => ({ type: "subscribe", keys: [`task-${i % 10}`], client_id: `host-${i}` }),
  },
  {
    path: "/work_pools/idle/workers/connect",
    subscribe: (i) => ({
      type: "worker.hello.v1",
      id: randomUUID(),
      sent_at: new Date().toISOString(),
      payload: {
        consumer_id: randomUUID(),
        worker_name: `worker ${i}`,
        worker_type: "process",
        heartbeat_interval_seconds: 30,
        work_queue_names: [],
        create_pool_if_not_found: true,
        default_base_job_template: {},
        supported_channel_versions: [1],
        requested_capabilities: ["pool_updates.v1"],
        handled_cleanup_kinds: [],
      },
    }),
  },
];

interface Client {
  readonly socket: WebSocket;
  heard: (name: string) => void;
}

interface Kind {
  readonly path: string;
  subscribe(i: number): object;
}

async function subscribe({ path, subscribe: message }: Kind, i: number): Promise<Client> {
  const socket = new WebSocket(api.replace("http", "ws") + path, ["prefect"]);
  const client: Client = { socket, heard: () => undefined };
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => socket.send(JSON.stringify({ type: "auth", token: null })));
    socket.on("message", (data) => {
      const value = JSON.parse(String(data));
      if (value.type === "auth_success") {
        socket.send(JSON.stringify(message(i)));
        resolve();
      } else if (value.type === "event") client.heard(value.event.event);
    });
    socket.on("close", (code, reason) => reject(new Error(`${path} was closed: ${code} ${reason}`)));
  });
  return client;
}

async function open(wanted: readonly Kind[]): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < sockets; i += 50)
    clients.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(50, sockets - i) }, (_, j) =>
          subscribe(wanted[(i + j) % wanted.length] ?? kinds[0], i + j),
        ),
      )),
    );
  return clients;
}

const close = (clients: Client[]) => {
  for (const { socket } of clients) socket.removeAllListeners("close").terminate();
};

/** Returns the 99th percentile of single reads by four clients, in milliseconds. */
async function readsP99(id: string): Promise<number> {
  const times: number[] = [];
  const end = performance.now() + 5_000;
  const client = async () => {
    while (performance.now() < end) {
      const started = performance.now();
      const answer = await fetch(`${api}/flows/${id}`);
      await answer.text();
      times.push(performance.now() - started);
      await sleep(10);
    }
  };
  await Promise.all([1, 2, 3, 4].map(client));
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? 0;
}

/** Returns how long it takes until all have heard an event, in milliseconds. */
async function heardByAll(clients: Client[]): Promise<number> {
  const name = `idle.${randomUUID()}`;
  const all = Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve) => {
          client.heard = (heard) => heard === name && resolve();
        }),
    ),
  );
  const started = performance.now();
  await post("/events", [
    { id: randomUUID(), occurred: new Date().toISOString(), event: name, resource: { "prefect.resource.id": "idle" } },
  ]);
  const late = sleep(15_000, "late", { ref: false });
  return (await Promise.race([all, late])) === "late" ? Number.POSITIVE_INFINITY : performance.now() - started;
}

const results: { what: string; value: number; most: number }[] = [];
const note = (what: string, value: number, most: number) => {
  results.push({ what, value, most });
  console.log(`${what}: ${value.toFixed(3)} (at most ${most})`);
};

try {
  for (let i = 0; !output.includes("Milliways is ready"); i++) {
    if (i > 1_200) throw new Error(`npm start is not ready:\n${output}`);
    await sleep(100);
  }
  const flow: unknown = await (await post("/flows/", { name: "read" })).json();
  const id = typeof flow === "object" && flow !== null && "id" in flow ? String(flow.id) : "";
  await readsP99(id);
  const alone = await readsP99(id);
  for (const [what, wanted] of [
    ["of each kind", kinds],
    ["of events", kinds.slice(0, 1)],
  ] as const) {
    const clients = await open(wanted);
    await sleep(3_000);
    const before = cpuSeconds();
    await sleep(seconds * 1_000);
    note(`cores for ${sockets} idle sockets ${what}`, (cpuSeconds() - before) / seconds, bounds.cores);
    note(
      `p99 of reads beside them, as a multiple of ${alone.toFixed(1)} ms alone`,
      (await readsP99(id)) / alone,
      bounds.readsRatio,
    );
    const listeners = clients.filter((_, i) => wanted[i % wanted.length] === kinds[0]);
    for (let i = 0; i < 3; i++)
      note(`ms until ${listeners.length} of them have heard an event`, await heardByAll(listeners), bounds.heardMs);
    close(clients);
    await sleep(1_000);
  }
} finally {
  server.kill("SIGTERM");
  await Promise.race([new Promise((resolve) => server.once("exit", resolve)), sleep(10_000)]);
  rmSync(folder, { recursive: true, force: true });
}
const failed = results.filter(({ value, most }) => value > most).length;
console.log(`idle: ${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
