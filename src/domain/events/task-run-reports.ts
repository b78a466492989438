import { isJsonObject, type Json, type JsonObject, plainNumber } from "../../lib/json.ts";
import { fromSecondsDuration, type Micros, parseTime } from "../../lib/time.ts";
import { normaliseUuid } from "../../schemas/common.ts";
import { readTaskRunPolicy, type TaskRunPolicy } from "../orchestration/empirical-policy.ts";
import { decodeStateDetails, defaultStateName, isStateType, type State } from "../states.ts";
import type { Event, Labels } from "./event.ts";

/** The columns of a task run that a client reports. A member that was not reported is undefined; null clears the column. */
export interface TaskRunColumns {
  readonly name?: string;
  readonly cache_key?: string | null;
  readonly cache_expiration?: Micros | null;
  readonly task_version?: string | null;
  readonly empirical_policy?: TaskRunPolicy;
  readonly tags?: readonly string[];
  readonly labels?: JsonObject;
  readonly task_inputs?: JsonObject;
  readonly run_count?: number;
  readonly flow_run_run_count?: number;
  readonly expected_start_time?: Micros | null;
  readonly next_scheduled_start_time?: Micros | null;
  readonly start_time?: Micros | null;
  readonly end_time?: Micros | null;
  readonly total_run_time?: Micros;
}

/** A client's report that a task run has a new state. */
export interface TaskRunReport {
  readonly task_run_id: string;
  readonly flow_run_id: string | null;
  readonly task_key: string;
  readonly dynamic_key: string;
  readonly state: State;
  readonly columns: TaskRunColumns;
}

/**
 * Returns the report that an event carries, null if it carries none or a malformed one
 * (`prefect/server/services/task_run_recorder.py task_run_from_event`).
 */
export function readTaskRunReport(event: Event): TaskRunReport | null {
  if (!event.event.startsWith("prefect.task-run") || event.resource["prefect.orchestration"] !== "client") return null;
  const task_run_id = objectId(event.resource, "prefect.task-run.");
  const flowRun = event.related.find((one) => one["prefect.resource.role"] === "flow-run");
  const flow_run_id = flowRun === undefined ? null : objectId(flowRun, "prefect.flow-run.");
  const { task_run, validated_state } = event.payload;
  if (task_run_id === null || (flowRun !== undefined && flow_run_id === null) || !isJsonObject(task_run)) return null;
  const { task_key, dynamic_key } = task_run;
  const state = readState(validated_state, event, { task_run_id, flow_run_id });
  if (typeof task_key !== "string" || typeof dynamic_key !== "string" || state === null) return null;
  return { task_run_id, flow_run_id, task_key, dynamic_key, state, columns: readColumns(task_run) };
}

function objectId(resource: Labels, prefix: string): string | null {
  const id = resource["prefect.resource.id"] ?? "";
  return id.startsWith(prefix) ? normaliseUuid(id.slice(prefix.length)) : null;
}

// The state takes its id and its time from the event.
function readState(told: Json, event: Event, run: Pick<TaskRunReport, "task_run_id" | "flow_run_id">): State | null {
  if (!isJsonObject(told) || !isStateType(told.type)) return null;
  return {
    id: event.id,
    type: told.type,
    name: typeof told.name === "string" && told.name !== "" ? told.name : defaultStateName(told.type),
    timestamp: event.occurred,
    message: typeof told.message === "string" ? told.message : null,
    data: told.data ?? null,
    state_details: { ...decodeStateDetails(told.state_details), ...run },
  };
}

type Read<T> = (value: Json) => T | undefined;

const text: Read<string> = (value) => (typeof value === "string" ? value : undefined);
const object: Read<JsonObject> = (value) => (isJsonObject(value) ? value : undefined);
const whole: Read<number> = (told) => {
  const value = plainNumber(told);
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
};
const texts: Read<string[]> = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;
const time: Read<Micros> = (told) => {
  const value = plainNumber(told);
  return typeof value === "string" || typeof value === "number" ? (parseTime(value) ?? undefined) : undefined;
};
const seconds: Read<Micros> = (told) => {
  const value = plainNumber(told);
  const number = Number(value);
  return (typeof value === "number" || typeof value === "string") && Number.isFinite(number)
    ? fromSecondsDuration(number)
    : undefined;
};
const orNull =
  <T>(read: Read<T>): Read<T | null> =>
  (value) =>
    value === null ? null : read(value);

// A malformed column counts as not reported, so that the state of the run is recorded in any case.
function readColumns(told: JsonObject): TaskRunColumns {
  return withoutUndefined({
    name: text(told.name),
    cache_key: orNull(text)(told.cache_key),
    cache_expiration: orNull(time)(told.cache_expiration),
    task_version: orNull(text)(told.task_version),
    empirical_policy: isJsonObject(told.empirical_policy) ? readTaskRunPolicy(told.empirical_policy) : undefined,
    tags: texts(told.tags),
    labels: told.labels === null ? {} : object(told.labels),
    task_inputs: object(told.task_inputs),
    run_count: whole(told.run_count),
    flow_run_run_count: whole(told.flow_run_run_count),
    expected_start_time: orNull(time)(told.expected_start_time),
    next_scheduled_start_time: orNull(time)(told.next_scheduled_start_time),
    start_time: orNull(time)(told.start_time),
    end_time: orNull(time)(told.end_time),
    total_run_time: seconds(told.total_run_time),
  });
}

const withoutUndefined = (columns: TaskRunColumns): TaskRunColumns =>
  Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
