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
import { type Cleaner, reserveCleanup } from "../store/cleanup-messages.ts";
import { DatabaseUnavailable } from "../store/client.ts";
import { readWorkPool, type StoredWorkPool } from "../store/work-pools.ts";
import { heartbeatPool, readPoolNews } from "../store/worker-channel.ts";
import { type Connection, type Message, readSent } from "./connection.ts";
import type { Refusal } from "./handshake.ts";
import { isSpent, type Serve, spent } from "./open.ts";
import { pace } from "./pace.ts";
import { patiently } from "./patience.ts";

/** What workers are told of at once when it changes; the rest of a pool waits for their next heartbeat. */
const watched = ["base_job_template", "concurrency_limit", "is_paused", "storage_configuration"];

interface Channel {
  readonly connection: Connection;
  readonly deps: Deps;
  readonly name: string;
  readonly hello: WorkerHello;
  /** Null where the worker is given nothing to clean up. */
  readonly cleaner: Cleaner | null;
  /** The pool as the worker knows it. */
  known: StoredWorkPool;
  /** The pool's last version that was looked at. */
  seen: Micros;
  snapshots: number;
}

/** Keeps a worker and its pool in touch (rules: work_pools.md, "Worker channel"): heartbeats, snapshots of the pool, cleanups. */
export const serveWorkerChannel =
  (name: string): Serve =>
  async (connection, deps) => {
    const message = await connection.next();
    if (message === null) return null;
    const hello = readFrame(workerHello, readSent(message))?.payload;
    if (hello === undefined) return channelEnd("protocol_error");
    if (!hello.supported_channel_versions.includes(channelVersion)) return channelEnd("unsupported_version");
    const connected = await patiently(deps, () => connectWorker(deps, name, hello));
    if (connected.kind === "refused") return channelEnd(connected.reason);
    const { pool } = connected;
    const agreement = negotiate(hello);
    const cleaner = cleanerOf(hello, agreement, connected);
    const channel = { connection, deps, name, hello, cleaner, known: pool, seen: pool.row.updated, snapshots: 0 };
    greetWorker(channel, agreement, connected);
    return converse(channel);
  };

type Admitted = Extract<Connected, { kind: "connected" }>;

function cleanerOf(hello: WorkerHello, agreement: NegotiatedChannel, { pool, queues }: Admitted): Cleaner | null {
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

/** Returns a snapshot of the pool, and takes it that the worker knows it from now on. */
function snapshot(channel: Channel, pool: StoredWorkPool, reason: string): Json {
  channel.known = pool;
  channel.seen = pool.row.updated;
  channel.snapshots += 1;
  const work_pool = presentWorkPool(pool, { now: channel.deps.now(), complete: true });
  return { snapshot_sequence: channel.snapshots, reason, work_pool };
}

function greetWorker(channel: Channel, agreement: NegotiatedChannel, { pool, queues }: Admitted): void {
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

/** Takes frames as they come, and looks for news of the pool whenever this isolate has written some, and now and then. */
async function converse(channel: Channel): Promise<Refusal | null> {
  const { connection, deps } = channel;
  const ownPace = pace(deps, "work_pool");
  while (connection.isOpen()) {
    if (isSpent(deps)) return spent;
    const message = connection.take();
    const end = message === undefined ? null : await receive(channel, message);
    if (end !== null) return end;
    if (ownPace.due() !== null) {
      const news = await lookForNews(channel);
      if (typeof news === "object") return news;
      ownPace.looked(news);
    }
    await connection.rest(ownPace.rest(), "message");
  }
  return null;
}

async function receive(channel: Channel, message: Message): Promise<Refusal | null> {
  const frame = readFrame(workerFrame, readSent(message));
  if (frame === null) return channelEnd("protocol_error");
  if (frame.type === "worker.heartbeat.v1") return heartbeat(channel, frame.payload);
  await operate(channel, frame);
  return null;
}

async function heartbeat(channel: Channel, payload: ChannelHeartbeat): Promise<Refusal | null> {
  const { deps, name, hello, known } = channel;
  if (payload.consumer_id !== hello.consumer_id || payload.worker_name !== hello.worker_name) return channelEnd("protocol_error");
  const { worker_name, heartbeat_interval_seconds } = payload;
  const beat = { work_pool_name: name, name: worker_name, heartbeat_interval_seconds };
  try {
    const pool = await patiently(deps, () => heartbeatPool(deps.db, beat, deps));
    if (pool?.row.id !== known.row.id) return channelEnd("authorization_failed");
    if (pool.row.updated !== known.row.updated)
      send(channel, "work_pool.snapshot.v1", snapshot(channel, pool, "heartbeat_reconciliation"));
    return null;
  } catch (error) {
    if (!(error instanceof DatabaseUnavailable)) throw error;
    return channelEnd("heartbeat_persistence_failed");
  }
}

/** Does what a worker asks of a cleanup, and answers. */
async function operate(channel: Channel, frame: CleanupFrame): Promise<void> {
  const { deps, cleaner, known } = channel;
  const answer = () => patiently(deps, () => answerCleanup(deps, known.row.id, frame));
  const { status, reason, lease_expires } = cleaner === null ? notNegotiated : await answer().catch(failed);
  if (status === "dead_lettered") tellDeadLetters(deps, [frame.payload.message_id]);
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

const tellDeadLetters = ({ log }: Deps, messages: readonly string[]): void => {
  if (messages.length > 0) log("warn", { event: "cleanup given up", messages });
};

/** Sends what is new; returns whether there was anything, or how the channel ends. */
async function lookForNews(channel: Channel): Promise<boolean | Refusal> {
  const { deps, cleaner, known } = channel;
  const query = () => readPoolNews(deps.db, { work_pool_id: known.row.id, cleaner, now: deps.now() });
  const news = await patiently(deps, query);
  if (news === null) return channelEnd("authorization_failed");
  if (news.has_cleanup && cleaner !== null) await giveCleanups(channel, cleaner);
  if (news.updated === channel.seen) return news.has_cleanup;
  const pool = await patiently(deps, () => readWorkPool(deps.db, channel.name));
  if (pool?.row.id !== known.row.id) return channelEnd("authorization_failed");
  channel.seen = pool.row.updated;
  if (differenceOf(known.row, pool.row, watched) !== null)
    send(channel, "work_pool.snapshot.v1", snapshot(channel, pool, "work_pool_updated"));
  return true;
}

async function giveCleanups(channel: Channel, cleaner: Cleaner): Promise<void> {
  const { connection, deps } = channel;
  while (connection.isOpen() && !isSpent(deps)) {
    const now = deps.now();
    const reservation = { token: deps.newId(), until: now + cleanupLease, now };
    const { message, buried } = await patiently(deps, () => reserveCleanup(deps.db, cleaner, reservation));
    tellDeadLetters(deps, buried);
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
