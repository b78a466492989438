import type { Deps } from "../deps.ts";
import { differenceOf } from "../domain/work-pools/updates.ts";
import { cleanupLease, notNegotiated, operationFailed, operationOf } from "../domain/worker-channel/cleanup.ts";
import { channelEnd } from "../domain/worker-channel/closes.ts";
import { type NegotiatedChannel, negotiate } from "../domain/worker-channel/negotiation.ts";
import type { Json } from "../lib/json.ts";
import { formatOptionalTime, formatTime, type Micros } from "../lib/time.ts";
import { presentWorkPool } from "../present/work-pools.ts";
import {
  type ChannelHeartbeat,
  type CleanupFrame,
  channelVersion,
  readFrame,
  type ServerFrameType,
  type WorkerHello,
  workerFrame,
  workerHello,
} from "../schemas/worker-channel.ts";
import { answerCleanup } from "../services/answer-cleanup.ts";
import { type Connected, connectWorker } from "../services/connect-worker.ts";
import type { CleanupConsumer } from "../store/cleanup-messages/read.ts";
import { reserveCleanup } from "../store/cleanup-messages/write.ts";
import { DatabaseUnavailable } from "../store/client.ts";
import { readWorkPool } from "../store/work-pools/read.ts";
import type { StoredWorkPool } from "../store/work-pools/rows.ts";
import { readPoolUpdates } from "../store/worker-channel/read.ts";
import { heartbeatPool } from "../store/workers/write.ts";
import { type Connection, type Message, readSent } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { budgetSpent, isBudgetSpent, type Serve } from "./open.ts";
import { readSchedule } from "./read-schedule.ts";
import { retryWhileUnavailable } from "./retry.ts";

/**
 * A change of these columns is sent at once; other changes are sent with the next heartbeat
 * (`prefect/server/utilities/worker_channel.py WORK_POOL_FIELDS_THAT_TRIGGER_SNAPSHOTS`).
 */
const snapshotColumns = ["base_job_template", "concurrency_limit", "is_paused", "storage_configuration"];

interface Channel {
  readonly connection: Connection;
  readonly deps: Deps;
  readonly name: string;
  readonly hello: WorkerHello;
  /** Null where no cleanups are delivered to the worker. */
  readonly cleanupConsumer: CleanupConsumer | null;
  /** The pool in the last snapshot that was sent. */
  sentPool: StoredWorkPool;
  /** The pool's `updated` when it was last compared. */
  comparedVersion: Micros;
  snapshots: number;
}

/**
 * Runs a worker's channel: heartbeats, snapshots of its pool and cleanups (`prefect/server/utilities/worker_channel.py
 * WorkerChannelConnection`).
 */
export const serveWorkerChannel =
  (name: string): Serve =>
  async (connection, deps) => {
    const message = await connection.next();
    if (message === null) return null;
    const hello = readFrame(workerHello, readSent(message))?.payload;
    if (hello === undefined) return channelEnd("protocol_error");
    if (!hello.supported_channel_versions.includes(channelVersion)) return channelEnd("unsupported_version");
    const connected = await retryWhileUnavailable(deps, () => connectWorker(deps, name, hello));
    if (connected.kind === "refused") return channelEnd(connected.reason);
    const { pool } = connected;
    const agreement = negotiate(hello);
    const cleanupConsumer = cleanupConsumerOf(hello, agreement, connected);
    const channel = {
      connection,
      deps,
      name,
      hello,
      cleanupConsumer,
      sentPool: pool,
      comparedVersion: pool.row.updated,
      snapshots: 0,
    };
    sendReady(channel, agreement, connected);
    return serveFrames(channel);
  };

type ConnectedWorker = Extract<Connected, { kind: "connected" }>;

function cleanupConsumerOf(
  hello: WorkerHello,
  agreement: NegotiatedChannel,
  { pool, queues }: ConnectedWorker,
): CleanupConsumer | null {
  if (agreement.max_cleanup_concurrency === 0) return null;
  return {
    consumer_id: hello.consumer_id,
    work_pool_id: pool.row.id,
    kinds: hello.handled_cleanup_kinds,
    work_queue_ids: queues.map(({ id }) => id),
    limit: agreement.max_cleanup_concurrency,
  };
}

function send({ connection, deps }: Channel, type: ServerFrameType, payload: Json): void {
  connection.send({ type, id: deps.newId(), sent_at: formatTime(deps.now()), payload });
}

/** Returns a snapshot frame's payload and records the pool as sent. */
function snapshot(channel: Channel, pool: StoredWorkPool, reason: string): Json {
  channel.sentPool = pool;
  channel.comparedVersion = pool.row.updated;
  channel.snapshots += 1;
  const work_pool = presentWorkPool(pool, { now: channel.deps.now(), complete: true });
  return { snapshot_sequence: channel.snapshots, reason, work_pool };
}

function sendReady(channel: Channel, agreement: NegotiatedChannel, { pool, queues }: ConnectedWorker): void {
  const { consumer_id, heartbeat_interval_seconds } = channel.hello;
  send(channel, "worker.ready.v1", {
    consumer_id,
    worker_id: null,
    selected_channel_version: channelVersion,
    effective_heartbeat_interval_seconds: heartbeat_interval_seconds,
    accepted_capabilities: [...agreement.accepted],
    rejected_capabilities: [...agreement.rejected],
    effective_max_cleanup_concurrency: agreement.max_cleanup_concurrency,
    resolved_work_queues: queues.map(({ id, name }) => ({ id, name })),
    initial_snapshot: snapshot(channel, pool, "initial"),
  });
}

/** Handles frames in order; checks the pool after each write of this isolate to work pools, and by polling. */
async function serveFrames(channel: Channel): Promise<Refusal | null> {
  const { connection, deps } = channel;
  const schedule = readSchedule(deps, "work_pool");
  while (connection.isOpen()) {
    if (isBudgetSpent(deps)) return budgetSpent;
    const message = connection.takeQueued();
    const end = message === undefined ? null : await receive(channel, message);
    if (end !== null) return end;
    if (schedule.due() !== null) {
      const updates = await sendUpdates(channel);
      if (typeof updates === "object") return updates;
      schedule.recordRead(updates);
    }
    await connection.wait(schedule.waitMs(), "message");
  }
  return null;
}

async function receive(channel: Channel, message: Message): Promise<Refusal | null> {
  const frame = readFrame(workerFrame, readSent(message));
  if (frame === null) return channelEnd("protocol_error");
  if (frame.type === "worker.heartbeat.v1") return heartbeat(channel, frame.payload);
  await handleCleanupOperation(channel, frame);
  return null;
}

async function heartbeat(channel: Channel, payload: ChannelHeartbeat): Promise<Refusal | null> {
  const { deps, name, hello, sentPool } = channel;
  if (payload.consumer_id !== hello.consumer_id || payload.worker_name !== hello.worker_name) return channelEnd("protocol_error");
  const { worker_name, heartbeat_interval_seconds } = payload;
  const heartbeatRow = { work_pool_name: name, name: worker_name, heartbeat_interval_seconds };
  try {
    const pool = await retryWhileUnavailable(deps, () => heartbeatPool(deps.db, heartbeatRow, deps));
    if (pool?.row.id !== sentPool.row.id) return channelEnd("authorization_failed");
    if (pool.row.updated !== sentPool.row.updated)
      send(channel, "work_pool.snapshot.v1", snapshot(channel, pool, "heartbeat_reconciliation"));
    return null;
  } catch (error) {
    if (!(error instanceof DatabaseUnavailable)) throw error;
    return channelEnd("heartbeat_persistence_failed");
  }
}

/** Applies a worker's operation on a cleanup and sends the result. */
async function handleCleanupOperation(channel: Channel, frame: CleanupFrame): Promise<void> {
  const { deps, cleanupConsumer, sentPool } = channel;
  const answer = () => retryWhileUnavailable(deps, () => answerCleanup(deps, sentPool.row.id, frame));
  const { status, reason, lease_expires } = cleanupConsumer === null ? notNegotiated : await answer().catch(failed);
  if (status === "dead_lettered") logDeadLetters(deps, [frame.payload.message_id]);
  send(channel, "cleanup.operation_result.v1", {
    request_frame_id: frame.id,
    message_id: frame.payload.message_id,
    operation: operationOf(frame),
    status,
    lease_expires_at: formatOptionalTime(lease_expires),
    reason,
    detail: null,
  });
}

function failed(error: unknown): typeof operationFailed {
  if (!(error instanceof DatabaseUnavailable)) throw error;
  return operationFailed;
}

const logDeadLetters = ({ log }: Deps, messages: readonly string[]): void => {
  if (messages.length > 0) log("warn", { event: "cleanup given up", messages });
};

/** Sends cleanups and changes of the pool; returns whether there were any, or the close of the channel. */
async function sendUpdates(channel: Channel): Promise<boolean | Refusal> {
  const { deps, cleanupConsumer, sentPool } = channel;
  const query = () => readPoolUpdates(deps.db, { work_pool_id: sentPool.row.id, cleanupConsumer, now: deps.now() });
  const news = await retryWhileUnavailable(deps, query);
  if (news === null) return channelEnd("authorization_failed");
  if (news.has_cleanup && cleanupConsumer !== null) await deliverCleanups(channel, cleanupConsumer);
  if (news.updated === channel.comparedVersion) return news.has_cleanup;
  const pool = await retryWhileUnavailable(deps, () => readWorkPool(deps.db, channel.name));
  if (pool?.row.id !== sentPool.row.id) return channelEnd("authorization_failed");
  channel.comparedVersion = pool.row.updated;
  if (differenceOf(sentPool.row, pool.row, snapshotColumns) !== null)
    send(channel, "work_pool.snapshot.v1", snapshot(channel, pool, "work_pool_updated"));
  return true;
}

async function deliverCleanups(channel: Channel, cleanupConsumer: CleanupConsumer): Promise<void> {
  const { connection, deps } = channel;
  while (connection.isOpen() && !isBudgetSpent(deps)) {
    const now = deps.now();
    const reservation = { token: deps.newId(), until: now + cleanupLease, now };
    const { message, buried } = await retryWhileUnavailable(deps, () => reserveCleanup(deps.db, cleanupConsumer, reservation));
    logDeadLetters(deps, buried);
    if (message === null) return;
    send(channel, "cleanup.message.v1", {
      message_id: message.id,
      kind: message.kind,
      reservation_token: reservation.token,
      lease_expires_at: formatTime(reservation.until),
      delivery_count: message.delivery_count,
      work_queue_id: message.work_queue_id,
      target: message.target,
      data: message.data,
    });
  }
}
