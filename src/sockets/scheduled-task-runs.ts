import type { Deps } from "../deps.ts";
import { goneAfter } from "../domain/task-workers/abandoned.ts";
import { presenceOf } from "../domain/task-workers/connected.ts";
import { isJsonObject } from "../lib/json.ts";
import { fromSecondsDuration } from "../lib/time.ts";
import { presentTaskRun } from "../present/task-runs.ts";
import { abandonment, recoverTaskRuns } from "../services/recover-task-runs.ts";
import { countFreeDeliveries } from "../store/task-run-deliveries/read.ts";
import { refreshSocketsAndCount, renewDelivery, type Settlement, settleDelivery } from "../store/task-run-deliveries/write.ts";
import { takeDelivery } from "../store/task-runs/take-delivery.ts";
import { deleteTaskWorker, markTaskWorkerLost, registerTaskWorker } from "../store/task-workers/write.ts";
import { type Connection, closeCodes, type Message, readJson } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { budgetSpent, isBudgetSpent } from "./open.ts";
import { readSchedule } from "./read-schedule.ts";
import { retryWhileUnavailable, sleep } from "./retry.ts";
import type { FreeDeliveries } from "./shared-reads.ts";

/** The lease of a delivery: if the isolate that sent it ends, the task run is delivered again after this time. */
const leaseTime = fromSecondsDuration(30);
const renewIntervalMs = 10_000;
/**
 * A client at its limit of concurrent tasks reads again only when one ends, so the timeout is long; it is for clients whose
 * machine disappeared without closing the connection.
 */
const acknowledgementTimeoutMs = 600_000;
const closeTimeoutMs = 3_000;
const socketRetention = fromSecondsDuration(24 * 3600);

const violation = (expected: string): Refusal => ({ code: 4001, reason: `Protocol violation: ${expected}` });

interface Subscriber {
  readonly id: string;
  readonly identifier: string;
  readonly task_keys: string[];
}

/**
 * Delivers background task runs to a task worker, one at a time, each to one worker (`prefect/server/api/task_runs.py
 * scheduled_task_subscription`). Runs without acknowledgement, and those of a worker that is gone, are delivered to another one.
 * While the socket is open the worker is listed.
 */
export async function serveScheduledTaskRuns(connection: Connection, deps: Deps): Promise<Refusal | null> {
  const subscriber = await readSubscriber(connection, deps);
  if (subscriber === null || "code" in subscriber) return subscriber;
  const now = deps.now();
  const times = { lastSeenOfBroken: now - presenceOf(deps.config).staysAlive, lastSeenOfAny: now - socketRetention };
  await retryWhileUnavailable(deps, () => registerTaskWorker(deps.db, { ...subscriber, last_seen: now }, times));
  const { taskWorkers } = deps;
  taskWorkers.set(subscriber.id, subscriber);
  try {
    return await deliver(connection, deps, subscriber);
  } finally {
    taskWorkers.delete(subscriber.id);
    await retryWhileUnavailable(deps, () => unregister(connection, deps, subscriber));
  }
}

/** Removes the worker from the list. One that closed the socket, or was sent a close frame, finishes its running tasks. */
const unregister = (connection: Connection, { db, now }: Deps, { id }: Subscriber): Promise<void> =>
  connection.isDisconnected() ? markTaskWorkerLost(db, id, now()) : deleteTaskWorker(db, id);

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
  // After a restart of the whole server workers need time to reconnect before they count as gone.
  const recoveryStart = deps.now() + goneAfter;
  const schedule = readSchedule(deps, "task_run_delivery");
  while (connection.isOpen()) {
    if (isBudgetSpent(deps)) return budgetSpent;
    const due = schedule.due();
    if (due !== null) {
      const free = await countDeliveries(deps, subscriber, { key: due.key, recovers: deps.now() > recoveryStart });
      // As many subscribers of the isolate try to take a delivery as deliveries were counted.
      const mayTake = free.count-- > 0;
      const end = mayTake ? await deliverAll(connection, deps, subscriber) : null;
      if (end !== null) return end;
      schedule.recordRead(mayTake);
    }
    await connection.wait(schedule.waitMs());
  }
  return null;
}

/**
 * Counts free deliveries; once per period it also refreshes the rows of all sockets of the isolate and releases abandoned task
 * runs.
 */
async function countDeliveries(
  deps: Deps,
  { task_keys }: Subscriber,
  { key, recovers }: { key: string; recovers: boolean },
): Promise<FreeDeliveries> {
  const { db, taskWorkers, sharedReads, config } = deps;
  const { seenEveryMs, staysAlive } = presenceOf(config);
  if (!sharedReads.claim("task workers", seenEveryMs)) {
    const look = async () => ({ count: await retryWhileUnavailable(deps, () => countFreeDeliveries(db, task_keys, deps.now())) });
    return sharedReads.free.read(`${key}:${task_keys.join()}`, look);
  }
  const now = deps.now();
  const all = [...taskWorkers.values()];
  const sockets = {
    ids: all.map(({ id }) => id),
    task_keys: [...new Set(all.flatMap((one) => one.task_keys))],
    abandonment: abandonment({ now, staysAlive }),
  };
  const { free, abandoned } = await retryWhileUnavailable(deps, () => refreshSocketsAndCount(db, sockets, task_keys, now));
  if (recovers) {
    const count = await retryWhileUnavailable(deps, () => recoverTaskRuns(deps, abandoned, now));
    if (count > 0) deps.log("warn", { event: "task worker gone", task_runs: count });
  }
  return { count: free };
}

/** Delivers task runs until none is left; the write that takes the next one also stores the last acknowledgement. */
async function deliverAll(connection: Connection, deps: Deps, subscriber: Subscriber): Promise<Refusal | null> {
  let acknowledged: string | null = null;
  for (;;) {
    const token = deps.newId();
    const run = await retryWhileUnavailable(deps, () => take(deps, subscriber, { token, acknowledged }));
    if (run === null) return null;
    connection.send(presentTaskRun(run, deps.now()));
    const answer = await awaitAnswer(connection, deps, subscriber, token);
    if (answer === "ack" && !isBudgetSpent(deps)) {
      acknowledged = token;
      continue;
    }
    await retryWhileUnavailable(deps, () => settleDelivery(deps.db, token, settlements[answer], deps.now()));
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

type Answer = "ack" | "quit" | "invalid" | "disconnected" | "timed_out";

/** The change of the delivery for each answer. */
const settlements: Record<Answer, Settlement> = {
  ack: "acknowledged",
  quit: "completed",
  invalid: "released",
  disconnected: "released",
  timed_out: "released",
};

function answerOf(message: Message | null): Answer {
  if (message === null) return "disconnected";
  const value = readJson(message);
  const type = isJsonObject(value) ? value.type : undefined;
  return type === "ack" || type === "quit" ? type : "invalid";
}

/** Waits for the client's answer to a delivery, and renews the delivery's lease meanwhile. */
async function awaitAnswer(connection: Connection, deps: Deps, subscriber: Subscriber, token: string): Promise<Answer> {
  const answer = connection.next().then(answerOf);
  for (let waited = 0; waited < acknowledgementTimeoutMs; waited += renewIntervalMs) {
    const outcome = await Promise.race([answer, sleep(renewIntervalMs)]);
    if (outcome !== undefined) return outcome;
    if (isBudgetSpent(deps)) break;
    const now = deps.now();
    const socket = { ...subscriber, last_seen: now };
    await retryWhileUnavailable(deps, () => renewDelivery(deps.db, { token, until: now + leaseTime }, socket));
  }
  // The close frame is sent before the task run is released; an answer that the client sent before it still counts.
  connection.close(acknowledgementTimedOut.code, acknowledgementTimedOut.reason);
  return Promise.race([answer, sleep(closeTimeoutMs).then((): Answer => "timed_out")]);
}

const acknowledgementTimedOut: Refusal = { code: closeCodes.serviceRestart, reason: "No acknowledgement" };

function endAfter(answer: Answer): Refusal | null {
  switch (answer) {
    case "ack":
      return budgetSpent;
    case "quit":
      return { code: closeCodes.normal, reason: "" };
    case "invalid":
      return violation("expected 'ack' message");
    case "timed_out":
      return acknowledgementTimedOut;
    case "disconnected":
      return null;
  }
}
