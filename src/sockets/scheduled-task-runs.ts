import { presentTaskRun } from "../api/present/task-runs.ts";
import type { Deps } from "../deps.ts";
import { goneAfter } from "../domain/task-workers/abandoned.ts";
import { staysAlive } from "../domain/task-workers/roster.ts";
import { isJsonObject } from "../schemas/json.ts";
import { fromSecondsDuration, type Micros } from "../schemas/time.ts";
import { recoverTaskRuns } from "../services/recover-task-runs.ts";
import type { Sql } from "../store/client.ts";
import {
  acknowledgeDelivery,
  completeDelivery,
  foundDelivery,
  releaseDelivery,
  renewDelivery,
  seekDelivery,
  takeDelivery,
} from "../store/task-run-deliveries.ts";
import { dismissTaskWorker, enrolTaskWorker, loseTaskWorker, seeTaskWorker } from "../store/task-workers.ts";
import { type Connection, closeCodes, type Message, readJson } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { isSpent, spent } from "./open.ts";
import { patiently, sleep } from "./patience.ts";

/** How long a delivery outlives the isolate that made it. */
const leaseTime = fromSecondsDuration(30);
const renewEvery = 10_000;
/** A client that runs as many tasks as it may reads on when one ends; a client whose machine went away never says so. */
const longestSilence = 600_000;
const lastWord = 3_000;
const seenEvery = fromSecondsDuration(3);
const forgottenAfter = fromSecondsDuration(24 * 3600);
/** How often a subscriber looks for runs that others left behind. */
const recoverEvery = fromSecondsDuration(10);
const shortest = 100;
const longest = ({ config }: Deps): number => (config.local ? 500 : 1_000);

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
  const times = { quiet: now - staysAlive, forgotten: now - forgottenAfter };
  await patiently(deps, () => enrolTaskWorker(deps.db, { ...subscriber, last_seen: now }, times));
  const end = await deliver(connection, deps, subscriber);
  await patiently(deps, () => leave(connection, deps, subscriber));
  return end;
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
  let seen = deps.now();
  // A worker that is not there yet after a restart of everything is not gone.
  let recovered = seen + goneAfter - recoverEvery;
  let wait = shortest;
  while (connection.isOpen()) {
    if (isSpent(deps)) return spent;
    const now = deps.now();
    const isDue = now - seen > seenEvery;
    if (isDue) seen = now;
    if (now - recovered > recoverEvery) {
      recovered = now;
      const count = await patiently(deps, () => recoverTaskRuns(deps, subscriber.task_keys, now));
      if (count > 0) deps.log("warn", { event: "task worker gone", task_runs: count });
    }
    if (await patiently(deps, () => seek(deps, subscriber, { now, isDue }))) {
      const end = await deliverAll(connection, deps, subscriber);
      if (end !== null) return end;
      wait = shortest;
    } else wait = Math.min(longest(deps), wait * 1.5);
    await Promise.race([sleep(wait), connection.ended]);
  }
  return null;
}

/** Tells whether something waits; only where the socket is to be seen again does it write. */
async function seek({ db }: Deps, subscriber: Subscriber, { now, isDue }: { now: Micros; isDue: boolean }): Promise<boolean> {
  const statement = seekDelivery(subscriber.task_keys, now);
  if (!isDue) return foundDelivery(await db.execute(statement));
  const [, found] = await db.write([seeTaskWorker({ ...subscriber, last_seen: now }), statement]);
  return foundDelivery(found);
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
    await patiently(deps, () => deps.db.execute(settle[answer](token, deps.now())));
    return endAfter(answer);
  }
}

function take(deps: Deps, subscriber: Subscriber, { token, acknowledged }: { token: string; acknowledged: string | null }) {
  const now = deps.now();
  return takeDelivery(deps.db, {
    task_keys: subscriber.task_keys,
    lease: { token, until: now + leaseTime, holder: subscriber.identifier },
    now,
    before: [
      seeTaskWorker({ ...subscriber, last_seen: now }),
      ...(acknowledged === null ? [] : [acknowledgeDelivery(acknowledged, now)]),
    ],
  });
}

type Answer = "ack" | "quit" | "nonsense" | "gone" | "silent";

/** What becomes of a delivery. */
const settle: Record<Answer, (token: string, now: Micros) => Sql> = {
  ack: acknowledgeDelivery,
  quit: completeDelivery,
  nonsense: releaseDelivery,
  gone: releaseDelivery,
  silent: releaseDelivery,
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
    const renewals = [renewDelivery({ token, until: now + leaseTime }), seeTaskWorker({ ...subscriber, last_seen: now })];
    await patiently(deps, () => deps.db.write(renewals));
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
