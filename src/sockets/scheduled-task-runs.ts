import type { Deps } from "../deps.ts";
import { goneAfter } from "../domain/task-workers/abandoned.ts";
import { presenceOf } from "../domain/task-workers/roster.ts";
import { isJsonObject } from "../lib/json.ts";
import { fromSecondsDuration } from "../lib/time.ts";
import { presentTaskRun } from "../present/task-runs.ts";
import { abandonment, recoverTaskRuns } from "../services/recover-task-runs.ts";
import { countFreeDeliveries, keepDelivery, type Settlement, seeAndSeek, settleDelivery } from "../store/task-run-deliveries.ts";
import { takeDelivery } from "../store/task-runs/take-delivery.ts";
import { dismissTaskWorker, enrolTaskWorker, loseTaskWorker } from "../store/task-workers.ts";
import { type Connection, closeCodes, type Message, readJson } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { isSpent, spent } from "./open.ts";
import { pace } from "./pace.ts";
import { patiently, sleep } from "./patience.ts";
import type { Free } from "./shared-reads.ts";

/** How long a delivery outlives the isolate that made it. */
const leaseTime = fromSecondsDuration(30);
const renewEvery = 10_000;
/** A client that runs as many tasks as it may reads on when one ends; a client whose machine went away never says so. */
const longestSilence = 600_000;
const lastWord = 3_000;
const forgottenAfter = fromSecondsDuration(24 * 3600);

const violation = (expected: string): Refusal => ({ code: 4001, reason: `Protocol violation: ${expected}` });

interface Subscriber {
  readonly id: string;
  readonly identifier: string;
  readonly task_keys: string[];
}

/**
 * Hands background task runs to a task worker, one at a time, each to one worker only (rules: task_workers.md). What the worker does
 * not acknowledge goes to another, and so does what it was running when it went away. While the socket is open the worker is listed.
 */
export async function serveScheduledTaskRuns(connection: Connection, deps: Deps): Promise<Refusal | null> {
  const subscriber = await readSubscriber(connection, deps);
  if (subscriber === null || "code" in subscriber) return subscriber;
  const now = deps.now();
  const times = { quiet: now - presenceOf(deps.config).staysAlive, forgotten: now - forgottenAfter };
  await patiently(deps, () => enrolTaskWorker(deps.db, { ...subscriber, last_seen: now }, times));
  const { taskWorkers } = deps;
  taskWorkers.set(subscriber.id, subscriber);
  try {
    return await deliver(connection, deps, subscriber);
  } finally {
    taskWorkers.delete(subscriber.id);
    await patiently(deps, () => leave(connection, deps, subscriber));
  }
}

/** Takes the worker off the list. Whoever said goodbye, or was sent away, ends by itself what it is running. */
const leave = (connection: Connection, { db, now }: Deps, { id }: Subscriber): Promise<void> =>
  connection.isLost() ? loseTaskWorker(db, id, now()) : dismissTaskWorker(db, id);

async function readSubscriber(connection: Connection, deps: Deps): Promise<Subscriber | Refusal | null> {
  const message = await connection.next();
  if (message === null) return null;
  const value = readJson(message);
  if (!isJsonObject(value) || value.type !== "subscribe") return violation("expected 'subscribe' message");
  const { keys, client_id } = value;
  const task_keys = Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];
  if (task_keys.length === 0) return violation("expected 'keys' in subscribe message");
  if (typeof client_id !== "string" || client_id === "") return violation("expected 'client_id' in subscribe message");
  return { id: deps.newId(), identifier: client_id, task_keys: [...new Set(task_keys)] };
}

async function deliver(connection: Connection, deps: Deps, subscriber: Subscriber): Promise<Refusal | null> {
  // A worker that is not there yet after a restart of everything is not gone.
  const recoversFrom = deps.now() + goneAfter;
  const ownPace = pace(deps, "task_run_delivery");
  while (connection.isOpen()) {
    if (isSpent(deps)) return spent;
    const due = ownPace.due();
    if (due !== null) {
      const free = await lookForDeliveries(deps, subscriber, { key: due.key, recovers: deps.now() > recoversFrom });
      // As many followers of the isolate try to take a delivery as there are.
      const isMine = free.count-- > 0;
      const end = isMine ? await deliverAll(connection, deps, subscriber) : null;
      if (end !== null) return end;
      ownPace.looked(isMine);
    }
    await connection.rest(ownPace.rest());
  }
  return null;
}

/** Looks for what waits; one look in a while also notes that all sockets of the isolate are there, and gives abandoned runs to others. */
async function lookForDeliveries(
  deps: Deps,
  { task_keys }: Subscriber,
  { key, recovers }: { key: string; recovers: boolean },
): Promise<Free> {
  const { db, taskWorkers, shared, config } = deps;
  const { seenEveryMs, staysAlive } = presenceOf(config);
  if (!shared.claim("task workers", seenEveryMs)) {
    const look = async () => ({ count: await patiently(deps, () => countFreeDeliveries(db, task_keys, deps.now())) });
    return shared.free.read(`${key}:${task_keys.join()}`, look);
  }
  const now = deps.now();
  const all = [...taskWorkers.values()];
  const sockets = {
    ids: all.map(({ id }) => id),
    task_keys: [...new Set(all.flatMap((one) => one.task_keys))],
    abandonment: abandonment({ now, staysAlive }),
  };
  const { free, abandoned } = await patiently(deps, () => seeAndSeek(db, sockets, task_keys, now));
  if (recovers) {
    const count = await patiently(deps, () => recoverTaskRuns(deps, abandoned, now));
    if (count > 0) deps.log("warn", { event: "task worker gone", task_runs: count });
  }
  return { count: free };
}

/** Delivers one task run after the other until none is left; each acknowledgement goes with the taking of the next. */
async function deliverAll(connection: Connection, deps: Deps, subscriber: Subscriber): Promise<Refusal | null> {
  let acknowledged: string | null = null;
  for (;;) {
    const token = deps.newId();
    const run = await patiently(deps, () => take(deps, subscriber, { token, acknowledged }));
    if (run === null) return null;
    connection.send(presentTaskRun(run, deps.now()));
    const answer = await awaitAnswer(connection, deps, subscriber, token);
    if (answer === "ack" && !isSpent(deps)) {
      acknowledged = token;
      continue;
    }
    await patiently(deps, () => settleDelivery(deps.db, token, settlements[answer], deps.now()));
    return endAfter(answer);
  }
}

function take(deps: Deps, subscriber: Subscriber, { token, acknowledged }: { token: string; acknowledged: string | null }) {
  const now = deps.now();
  return takeDelivery(deps.db, {
    socket: { ...subscriber, last_seen: now },
    acknowledged,
    lease: { token, until: now + leaseTime, holder: subscriber.identifier },
    now,
  });
}

type Answer = "ack" | "quit" | "nonsense" | "gone" | "silent";

/** What becomes of a delivery. */
const settlements: Record<Answer, Settlement> = {
  ack: "acknowledged",
  quit: "completed",
  nonsense: "released",
  gone: "released",
  silent: "released",
};

function answerOf(message: Message | null): Answer {
  if (message === null) return "gone";
  const value = readJson(message);
  const type = isJsonObject(value) ? value.type : undefined;
  return type === "ack" || type === "quit" ? type : "nonsense";
}

/** Waits for what the client says to a delivery, and keeps the delivery for it as long as it may still say something. */
async function awaitAnswer(connection: Connection, deps: Deps, subscriber: Subscriber, token: string): Promise<Answer> {
  const answer = connection.next().then(answerOf);
  for (let waited = 0; waited < longestSilence; waited += renewEvery) {
    const outcome = await Promise.race([answer, sleep(renewEvery)]);
    if (outcome !== undefined) return outcome;
    if (isSpent(deps)) break;
    const now = deps.now();
    const socket = { ...subscriber, last_seen: now };
    await patiently(deps, () => keepDelivery(deps.db, { token, until: now + leaseTime }, socket));
  }
  // The client hears of it before its task run goes elsewhere: what it said until then counts.
  connection.close(silent.code, silent.reason);
  return Promise.race([answer, sleep(lastWord).then((): Answer => "silent")]);
}

const silent: Refusal = { code: closeCodes.serviceRestart, reason: "No acknowledgement" };

function endAfter(answer: Answer): Refusal | null {
  switch (answer) {
    case "ack":
      return spent;
    case "quit":
      return { code: closeCodes.normal, reason: "" };
    case "nonsense":
      return violation("expected 'ack' message");
    case "silent":
      return silent;
    case "gone":
      return null;
  }
}
