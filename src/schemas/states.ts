import * as z from "zod";
import { boolean, json, timestamp, uuid, wireTime } from "./common.ts";
import { withDefault } from "./filters/bodies.ts";
import { dictionary } from "./lists.ts";

export const stateTypes = [
  "SCHEDULED",
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "CRASHED",
  "PAUSED",
  "CANCELLING",
] as const;

export const stateType = z.enum(stateTypes).register(z.globalRegistry, { id: "StateType" });

const text = () => z.string().nullable().default(null);
const id = () => uuid().nullable().default(null);
const time = () => timestamp().nullable().default(null);
const choice = () => boolean().nullable().default(null);

/** The details of a state: unknown members are dropped, missing ones get their defaults, times are parsed to microseconds. */
export const stateDetails = z
  .object({
    flow_run_id: id(),
    task_run_id: id(),
    child_flow_run_id: id(),
    scheduled_time: time(),
    cache_key: text(),
    cache_expiration: time(),
    deferred: boolean().nullable().default(false),
    untrackable_result: boolean().default(false),
    pause_timeout: time(),
    pause_reschedule: boolean().default(false),
    pause_key: text(),
    run_input_keyset: dictionary(z.string()).nullable().default(null),
    refresh_cache: choice(),
    retriable: choice(),
    transition_id: id(),
    task_parameters_id: id(),
    traceparent: text(),
    deployment_concurrency_lease_id: id(),
  })
  .register(z.globalRegistry, { id: "StateDetails" });

/** A proposed state, without id and time. */
export const stateCreate = z
  .strictObject({
    type: stateType,
    name: text(),
    message: text(),
    data: json().default(null),
    state_details: stateDetails.prefault({}),
  })
  .register(z.globalRegistry, { id: "StateCreate" });

/** A state as in responses. */
export const state = z
  .object({
    id: z.string().meta({ wire: { type: "string", format: "uuid" } }),
    type: stateType,
    name: z.string(),
    timestamp: wireTime(),
    message: z.string().nullable(),
    data: json(),
    state_details: stateDetails,
  })
  .register(z.globalRegistry, { id: "State" });

/** A proposed state, under the core policy or forced. */
export const setState = z.object({ state: stateCreate, force: withDefault(boolean(), false) });

const details = <T extends string>(type: T, name: string) =>
  z.object({ type: z.literal(type), reason: z.string().nullable() }).meta({ id: name });

/** The outcome of a proposal with the run's current state. */
export const orchestrationResult = z
  .object({
    state: state.nullable(),
    status: z.enum(["ACCEPT", "REJECT", "ABORT", "WAIT"]).meta({ id: "SetStateStatus" }),
    details: z.union([
      z.object({ type: z.literal("accept_details") }).meta({ id: "StateAcceptDetails" }),
      z
        .object({ type: z.literal("wait_details"), delay_seconds: z.int(), reason: z.string().nullable() })
        .meta({ id: "StateWaitDetails" }),
      details("reject_details", "StateRejectDetails"),
      details("abort_details", "StateAbortDetails"),
    ]),
  })
  .meta({ id: "OrchestrationResult" });

export type StateType = z.output<typeof stateType>;
export type StateDetails = z.output<typeof stateDetails>;
export type StateCreate = z.output<typeof stateCreate>;
