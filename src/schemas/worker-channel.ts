import * as z from "zod";
import { isJsonObject, type ReadJson } from "../lib/json.ts";
import { boolean, integer, jsonObject, timestamp, uuid } from "./common.ts";
import { list } from "./lists.ts";
import { parseSent } from "./parse-sent.ts";

/** The frames of the worker channel, version 1 (`prefect/client/schemas/worker_channel.py`): unknown members are errors. */
export const channelVersion = "work_pool_worker_channel.v1";

export const heartbeatCapability = "worker_heartbeat.v1";
export const snapshotCapability = "work_pool_snapshot.v1";
export const cleanupCapability = "cleanup_delivery.v1";
export const requiredCapabilities: readonly string[] = [heartbeatCapability, snapshotCapability];

export const cancellingTimeoutTeardown = "cancelling_timeout_teardown.v1";
const cleanupKind = z.enum([cancellingTimeoutTeardown, "pending_claim_teardown.v1"]);

const someText = () => z.string().min(1);

const frame = <Type extends string, Payload extends z.ZodType>(type: Type, payload: Payload) =>
  z.strictObject({ type: z.literal(type), id: uuid(), sent_at: timestamp(), payload });

const helloMembers = z.strictObject({
  consumer_id: uuid(),
  worker_name: someText(),
  worker_type: someText(),
  heartbeat_interval_seconds: integer({ min: 1 }),
  supported_channel_versions: list(someText()).min(1),
  requested_capabilities: list(someText()).min(1),
  work_queue_names: list(someText()).default([]),
  handled_cleanup_kinds: list(cleanupKind).default([]),
  max_cleanup_concurrency: integer({ min: 0 }).optional(),
  create_pool_if_not_found: boolean().default(false),
  default_base_job_template: jsonObject().default({}),
  worker_metadata: jsonObject().nullable().default(null),
});

const helloPayload = helloMembers
  .refine(({ requested_capabilities: requested }) => requiredCapabilities.every((required) => requested.includes(required)), {
    message: "Missing required channel capabilities",
  })
  .transform((hello) => ({
    ...hello,
    max_cleanup_concurrency:
      hello.max_cleanup_concurrency ??
      (hello.requested_capabilities.includes(cleanupCapability) && hello.handled_cleanup_kinds.length > 0 ? 1 : 0),
  }))
  .refine(
    ({ requested_capabilities, handled_cleanup_kinds, max_cleanup_concurrency }) =>
      requested_capabilities.includes(cleanupCapability) || (handled_cleanup_kinds.length === 0 && max_cleanup_concurrency === 0),
    { message: "Cleanup requires `cleanup_delivery.v1`" },
  );

export const workerHello = frame("worker.hello.v1", helloPayload);
export type WorkerHello = z.output<typeof helloPayload>;

const workerHeartbeat = frame(
  "worker.heartbeat.v1",
  z.strictObject({ consumer_id: uuid(), worker_name: someText(), heartbeat_interval_seconds: integer({ min: 1 }) }),
);
export type ChannelHeartbeat = z.output<typeof workerHeartbeat>["payload"];

const reservation = { message_id: uuid(), reservation_token: someText() };
const cleanupAck = frame("cleanup.ack.v1", z.strictObject(reservation));
const cleanupRenew = frame("cleanup.renew.v1", z.strictObject(reservation));
const cleanupRelease = frame("cleanup.release.v1", z.strictObject({ ...reservation, reason: someText() }));

/** The frames from a worker after the handshake. */
export const workerFrame = z.discriminatedUnion("type", [workerHeartbeat, cleanupAck, cleanupRenew, cleanupRelease]);
export type WorkerFrame = z.output<typeof workerFrame>;
export type CleanupFrame = Exclude<WorkerFrame, { type: "worker.heartbeat.v1" }>;

/** The frames from the server. */
export type ServerFrameType = "worker.ready.v1" | "work_pool.snapshot.v1" | "cleanup.message.v1" | "cleanup.operation_result.v1";

/** Parses a message as a frame, null where it is invalid. */
export function readFrame<Schema extends z.ZodType>(schema: Schema, sent: ReadJson | undefined): z.output<Schema> | null {
  if (!isJsonObject(sent?.plain)) return null;
  const outcome = parseSent(schema, sent);
  return outcome.success ? outcome.data : null;
}
