import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../../src/local/worker-bundle.ts";
import { engineHost, hasEngine } from "./engine-host.ts";
import { folderHost } from "./folder-host.ts";
import type { Host, Running } from "./host.ts";

/** Builds the container image and runs it, or where there is no Docker engine its steps in fresh folders. */
const dockerfile = join(ROOT, "src/local/Dockerfile");
const credentials = { MILLIWAYS_AUTH_STRING: "arthur:dent" };
const authorization = `Basic ${Buffer.from(credentials.MILLIWAYS_AUTH_STRING).toString("base64")}`;
const READY_MS = 60_000;

const outcomes = { passed: 0, failed: 0 };

function check(what: string, holds: boolean, found: unknown): void {
  outcomes[holds ? "passed" : "failed"]++;
  console.log(`${holds ? "✓" : "×"} ${what}${holds ? "" : `: ${JSON.stringify(found)}`}`);
}

const statusOf = (running: Running, path: string, init: RequestInit = {}): Promise<number> =>
  fetch(`${running.api}${path}`, { ...init, signal: AbortSignal.timeout(5_000) }).then(
    ({ status }) => status,
    () => 0,
  );

async function untilReady(running: Running): Promise<boolean> {
  const deadline = Date.now() + READY_MS;
  let ended = false;
  void running.exited().then(() => {
    ended = true;
  });
  while ((await statusOf(running, "/health")) !== 200) {
    if (ended || Date.now() > deadline) return false;
    await sleep(100);
  }
  return true;
}

const createFlow = (running: Running): Promise<number> =>
  statusOf(running, "/flows/", {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ name: "kept" }),
  });

async function checkRefusal(host: Host): Promise<void> {
  const open = host.start({});
  const status = await open.exited();
  const said = await open.output();
  check(
    "refuses to start without credentials, in one sentence",
    status === 1 && /^Set MILLIWAYS_AUTH_STRING .*\.$/.test(said.trim()),
    {
      status,
      said,
    },
  );
  const nothing = await host.checkNothing();
  check("its health check fails where no server is", nothing !== 0, nothing);
}

async function checkServer(host: Host): Promise<void> {
  const first = host.start(credentials);
  try {
    check("serves with credentials", await untilReady(first), await first.output());
    const health = await first.checkHealth();
    check("its health check says so", health === 0, health);
    const denied = await statusOf(first, "/flows/count", { method: "POST" });
    check("answers 401 without them", denied === 401, denied);
    const allowed = await statusOf(first, "/flows/count", { method: "POST", headers: { authorization } });
    check("answers 200 with them", allowed === 200, allowed);
    const users = await first.users();
    check("runs as a user of no privileges", users.length === 1 && users[0] !== "0", users);
    const made = await createFlow(first);
    check("stores what it is sent", made === 201, made);
  } finally {
    checkStop(await first.stop());
  }
  const second = host.start(credentials);
  try {
    check("starts again", await untilReady(second), await second.output());
    // A flow that is there already is answered with 200.
    const kept = await createFlow(second);
    check("keeps its data over a restart", kept === 200, kept);
  } finally {
    checkStop(await second.stop());
  }
}

const checkStop = (stopped: Awaited<ReturnType<Running["stop"]>>) =>
  check("ends with all its processes on SIGTERM, within ten seconds", stopped.status === 0 && stopped.left === 0, stopped);

const isEngine = hasEngine();
console.log(isEngine ? "Building the image …" : "There is no Docker engine: running the image's steps in fresh folders …");
try {
  const host = await (isEngine ? engineHost(dockerfile) : folderHost(dockerfile));
  try {
    await checkRefusal(host);
    await checkServer(host);
  } finally {
    await host.remove();
  }
} catch (error) {
  check("is built and run", false, String(error));
}
console.log(`${outcomes.passed} passed, ${outcomes.failed} failed`);
process.exitCode = outcomes.failed === 0 ? 0 : 1;
