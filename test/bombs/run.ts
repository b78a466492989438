// Throws all bombs at a running server, as `npm run test:bombs`: each has to end within two seconds below status 500, health answers
// meanwhile within half a second, the processes stay the same and do not grow. Then what bombs are stored outlive a restart and a tick.
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { largePages, unwelcomeSockets } from "./large.ts";
import { startWatched, type WatchedServer } from "./server.ts";
import { storedBombs, useStoredBombs } from "./stored.ts";
import { bombs, longestMs, requestOf, type Targets } from "./table.ts";
import { makeTargets } from "./targets.ts";

const total = (megabytes: Record<string, number>): number => Object.values(megabytes).reduce((sum, each) => sum + each, 0);

const longestHealthMs = 500;
const mostMegabytes = 200;
const wanted = process.argv[2] ?? "";

let passed = 0;
const failures: string[] = [];
function check(name: string, faults: readonly string[]): void {
  if (faults.length === 0) passed++;
  else failures.push(`${name}: ${faults.join(", ")}`);
}

/** Asks for health again and again until told to stop; returns the longest time that one answer took, in milliseconds. */
function watchHealth({ apiUrl }: WatchedServer): () => Promise<{ slowest: number; failed: string[] }> {
  let going = true;
  let slowest = 0;
  const failed: string[] = [];
  const watching = (async () => {
    while (going) {
      const began = performance.now();
      const status = await fetch(`${apiUrl}/health`).then(
        (answer) => answer.text().then(() => answer.status),
        (error: unknown) => String(error),
      );
      slowest = Math.max(slowest, performance.now() - began);
      if (status !== 200) failed.push(`health answered ${status}`);
      await sleep(20);
    }
  })();
  return async () => {
    going = false;
    await watching;
    return { slowest, failed };
  };
}

interface Measured {
  readonly faults: readonly string[];
  readonly slow: readonly string[];
  readonly healthMs: number;
}

async function measure(server: WatchedServer, { path, init }: { path: string; init: RequestInit }): Promise<Measured> {
  const stopWatching = watchHealth(server);
  const began = performance.now();
  const status = await fetch(`${server.apiUrl}${path}`, { ...init, signal: AbortSignal.timeout(20_000) }).then(
    (answer) => answer.text().then(() => answer.status),
    (error: unknown) => String(error),
  );
  const took = performance.now() - began;
  const { slowest, failed } = await stopWatching();
  return {
    faults: [...(typeof status === "number" && status < 500 ? [] : [`answered ${status}`]), ...failed.slice(0, 3)],
    slow: [
      ...(took < longestMs ? [] : [`took ${Math.round(took)} ms`]),
      ...(slowest < longestHealthMs ? [] : [`health took ${Math.round(slowest)} ms`]),
    ],
    healthMs: slowest,
  };
}

const mostTries = 3;
const slowestHealth = new Map<string, number>();

/**
 * Throws a bomb and returns what is wrong with its answer. One that takes too long is thrown again, up to three times: a machine that does
 * something else for half a second makes one of them slow, a bomb that holds the server makes all of them slow.
 */
async function throwBomb(server: WatchedServer, request: { path: string; init: RequestInit }): Promise<string[]> {
  let slow: readonly string[] = [];
  for (let i = 0; i < mostTries; i++) {
    const measured = await measure(server, request);
    if (measured.faults.length > 0) return [...measured.faults, ...measured.slow];
    slow = measured.slow;
    const bodyStart = typeof request.init.body === "string" ? request.init.body.slice(0, 60) : "";
    if (i === 0) slowestHealth.set(`${request.path} ${bodyStart}`, measured.healthMs);
    if (slow.length === 0) break;
  }
  return [...slow];
}

/** Sends bytes that no client would, and returns the status of the answer; "closed" if the connection ends without one. */
const sendRaw = (port: number, text: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.setTimeout(5000, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += chunk;
      if (answer.includes("\r\n")) socket.destroy();
    });
    socket.on("error", () => resolve("closed"));
    socket.on("close", () => resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "closed"));
  });

const rawRequests: Record<string, string> = {
  "a malformed host": "GET /api/health HTTP/1.1\r\nHost: a b\\c%00\r\n\r\n",
  "a host of an empty port": "GET /api/health HTTP/1.1\r\nHost: :::::\r\n\r\n",
  "a malformed host of a list": "GET /api/flow_run_states/?flow_run_id=x HTTP/1.1\r\nHost: a b\r\n\r\n",
  "a malformed host of an unknown path": "GET /api/nowhere HTTP/1.1\r\nHost: [\r\n\r\n",
  "no host": "GET /api/health HTTP/1.1\r\n\r\n",
  CONNECT: "CONNECT a:1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  TRACE: "TRACE /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  "a method of its own": "BREW /api/flows/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  "an absolute address": "GET http://[::bad/api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
};

// What workerd answers by itself, before the Worker: it knows no other methods, and tunnels only where there is a handler for them.
const runtimeAnswers: Record<string, string> = { CONNECT: "500", "a method of its own": "501" };

async function run(folder: string): Promise<void> {
  let targets: Targets | undefined;
  const first = await startWatched(folder, { MILLIWAYS_TICK_SECONDS: "1" });
  try {
    const post = async (path: string, body: unknown) => {
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const answer = await fetch(`${first.apiUrl}${path}`, init);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return JSON.parse(await answer.text());
    };
    targets = await makeTargets(post);
    const before = { processes: JSON.stringify(first.processes()), megabytes: first.megabytes() };
    for (const bomb of bombs.filter(({ name }) => name.includes(wanted))) {
      check(bomb.name, await throwBomb(first, requestOf(bomb, targets)));
      if (process.env.BOMBS_VERBOSE !== undefined) console.log(bomb.name, JSON.stringify(first.megabytes()));
    }
    for (const [name, request] of Object.entries(await largePages(post))) check(name, await throwBomb(first, request));
    const stopWatching = watchHealth(first);
    const uncut = await unwelcomeSockets(first.apiUrl);
    const { slowest, failed } = await stopWatching();
    check("refused sockets", uncut === 0 ? [] : [`${uncut} were not cut off`]);
    check("health beside refused sockets", slowest < longestHealthMs ? failed : [`took ${Math.round(slowest)} ms`, ...failed]);
    for (const [name, text] of Object.entries(rawRequests)) {
      const status = await sendRaw(first.port, text);
      const isFine = status === "closed" || status === runtimeAnswers[name] || Number(status) < 500;
      check(`bytes: ${name}`, isFine ? [] : [`answered ${status}`]);
    }
    const after = { processes: JSON.stringify(first.processes()), megabytes: first.megabytes() };
    check("the processes stay", before.processes === after.processes ? [] : [`${before.processes} became ${after.processes}`]);
    const grown = total(after.megabytes) - total(before.megabytes);
    const told = `from ${JSON.stringify(before.megabytes)} to ${JSON.stringify(after.megabytes)} MB`;
    console.log(`memory grew ${told}`);
    check("memory", grown < mostMegabytes ? [] : [`grew ${told}`]);
    for (const bomb of storedBombs) check(`stored: ${bomb.name}`, await throwBomb(first, requestOf(bomb, targets)));
  } finally {
    await first.stop();
  }
  const second = await startWatched(folder, { MILLIWAYS_TICK_SECONDS: "1" });
  try {
    check("after a restart and some ticks", await useStoredBombs(second, targets, throwBomb));
  } finally {
    await second.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), "milliways-bombs-"));
try {
  await run(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const [name, ms] of [...slowestHealth].sort((a, b) => b[1] - a[1]).slice(0, 12))
  console.log(`health beside ${name}: ${Math.round(ms)} ms`);
for (const failure of failures) console.error(failure);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
