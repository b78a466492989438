import { isJsonObject, type Json, plainNumber } from "../lib/json.ts";
import { formatOptionalTime, formatTime, type Micros, parseTime } from "../lib/time.ts";
import { type StateCreate, type StateDetails, type StateType, stateTypes } from "../schemas/states.ts";

export { type StateDetails, type StateType, stateTypes };

/** A state that is proposed for a run, without id and time. */
export type StateProposal = Readonly<StateCreate>;

/** A state of a run. Times in `state_details` are microseconds; `encodeStateDetails` converts them to text. */
export interface State {
  readonly id: string;
  readonly type: StateType;
  readonly name: string;
  readonly timestamp: Micros;
  readonly message: string | null;
  readonly data: Json;
  readonly state_details: Readonly<StateDetails>;
}

/** State details as they are stored and sent: times are ISO text. */
export type WireStateDetails = Omit<StateDetails, "scheduled_time" | "cache_expiration" | "pause_timeout"> & {
  scheduled_time: string | null;
  cache_expiration: string | null;
  pause_timeout: string | null;
};

export interface WireState extends Omit<State, "timestamp" | "state_details"> {
  readonly timestamp: string;
  readonly state_details: WireStateDetails;
}

export const finalTypes = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"] as const satisfies readonly StateType[];

const finalTypeSet: ReadonlySet<StateType> = new Set(finalTypes);

/** Returns whether a run in a state of this type has ended. */
export const isFinalType = (type: StateType): boolean => finalTypeSet.has(type);

/** Returns whether a run in this state has ended. */
export const isFinal = (state: { readonly type: StateType }): boolean => isFinalType(state.type);

const stateTypeSet: ReadonlySet<string> = new Set(stateTypes);

/** Returns whether a text is the name of a state type (upper case only). */
export const isStateType = (text: unknown): text is StateType => typeof text === "string" && stateTypeSet.has(text);

/** Returns the default name of a state: its type, capitalised. */
export const defaultStateName = (type: StateType): string => type.charAt(0) + type.slice(1).toLowerCase();

export const emptyStateDetails: Readonly<StateDetails> = Object.freeze({
  flow_run_id: null,
  task_run_id: null,
  child_flow_run_id: null,
  scheduled_time: null,
  cache_key: null,
  cache_expiration: null,
  deferred: false,
  untrackable_result: false,
  pause_timeout: null,
  pause_reschedule: false,
  pause_key: null,
  run_input_keyset: null,
  refresh_cache: null,
  retriable: null,
  transition_id: null,
  task_parameters_id: null,
  traceparent: null,
  deployment_concurrency_lease_id: null,
});

interface ProposalParts {
  readonly name?: string | null;
  readonly message?: string | null;
  readonly data?: Json;
  readonly state_details?: Partial<StateDetails>;
}

/** Returns a proposal of this type; parts that are left out get their defaults. */
export const propose = (type: StateType, parts: ProposalParts = {}): StateProposal => ({
  type,
  name: parts.name ?? null,
  message: parts.message ?? null,
  data: parts.data ?? null,
  state_details: { ...emptyStateDetails, ...parts.state_details },
});

/** Returns a SCHEDULED proposal for a time. */
export const scheduled = (scheduled_time: Micros, { state_details, ...parts }: ProposalParts = {}): StateProposal =>
  propose("SCHEDULED", { ...parts, state_details: { ...state_details, scheduled_time } });

/** Returns the SCHEDULED proposal of a run that is retried at a time. */
export const awaitingRetry = (scheduled_time: Micros, parts: ProposalParts = {}): StateProposal =>
  scheduled(scheduled_time, { ...parts, name: "AwaitingRetry" });

/** Returns a CANCELLED proposal without details. */
export const cancelled = (message: string | null = null): StateProposal => propose("CANCELLED", { message });

/** Returns a FAILED proposal with its message. */
export const failed = (message: string): StateProposal => propose("FAILED", { message });

/** Returns the state of a proposal: with id, time and name, and for SCHEDULED a start time. */
export function makeState(proposal: StateProposal, { id, timestamp }: { id: string; timestamp: Micros }): State {
  const { type, message, data, state_details } = proposal;
  const scheduled_time = state_details.scheduled_time ?? (type === "SCHEDULED" ? timestamp : null);
  const name = proposal.name ?? defaultStateName(type);
  return { id, type, name, timestamp, message, data: data ?? null, state_details: { ...state_details, scheduled_time } };
}

/** Returns a proposal with the contents of a state. */
export const copyOf = (state: State): StateProposal => ({
  type: state.type,
  name: state.name,
  message: state.message,
  data: state.data,
  state_details: state.state_details,
});

/** Returns the state with some of its details replaced. */
export const withDetails = (state: State, details: Partial<StateDetails>): State => ({
  ...state,
  state_details: { ...state.state_details, ...details },
});

/** Returns whether a state's data marks its result as not persisted. */
export const isUnpersisted = (data: Json): boolean => isJsonObject(data) && data.type === "unpersisted";

/** Returns whether a state's data refers to a persisted result: an object, not empty, not of type "unpersisted". */
export const hasPersistedResult = (data: Json): boolean =>
  isJsonObject(data) && Object.keys(data).length > 0 && !isUnpersisted(data);

/** Returns state details in their wire format; the only place where their times become text. */
export const encodeStateDetails = (details: Readonly<StateDetails>): WireStateDetails => ({
  ...details,
  scheduled_time: formatOptionalTime(details.scheduled_time),
  cache_expiration: formatOptionalTime(details.cache_expiration),
  pause_timeout: formatOptionalTime(details.pause_timeout),
});

/** Returns state details as they are stored: the wire format without members that have their default. */
export const compactStateDetails = (details: Readonly<StateDetails>): Partial<WireStateDetails> =>
  Object.fromEntries(Object.entries(encodeStateDetails(details)).filter(([name, value]) => value !== isDefault[name]));

const isDefault: Readonly<Record<string, unknown>> = emptyStateDetails;

const readText = (value: unknown): string | null => (typeof value === "string" ? value : null);
const readFlag = (value: unknown): boolean | null => (typeof value === "boolean" ? value : null);
function readTime(told: unknown): Micros | null {
  const value = plainNumber(told);
  return typeof value === "string" || typeof value === "number" ? parseTime(value) : null;
}

function readKeyset(value: unknown): Record<string, string> | null {
  if (!isJsonObject(value)) return null;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (typeof item === "string" ? [[key, item] as const] : [])),
  );
}

/** Reads stored state details, or those in a client's event; missing and malformed members get their default. */
export function decodeStateDetails(stored: Json): StateDetails {
  const from = isJsonObject(stored) ? stored : {};
  return {
    flow_run_id: readText(from.flow_run_id),
    task_run_id: readText(from.task_run_id),
    child_flow_run_id: readText(from.child_flow_run_id),
    scheduled_time: readTime(from.scheduled_time),
    cache_key: readText(from.cache_key),
    cache_expiration: readTime(from.cache_expiration),
    deferred: from.deferred === null ? null : (readFlag(from.deferred) ?? false),
    untrackable_result: readFlag(from.untrackable_result) ?? false,
    pause_timeout: readTime(from.pause_timeout),
    pause_reschedule: readFlag(from.pause_reschedule) ?? false,
    pause_key: readText(from.pause_key),
    run_input_keyset: readKeyset(from.run_input_keyset),
    refresh_cache: readFlag(from.refresh_cache),
    retriable: readFlag(from.retriable),
    transition_id: readText(from.transition_id),
    task_parameters_id: readText(from.task_parameters_id),
    traceparent: readText(from.traceparent),
    deployment_concurrency_lease_id: readText(from.deployment_concurrency_lease_id),
  };
}

/** Returns a state in its wire format. */
export const wireState = (state: State): WireState => ({
  ...state,
  timestamp: formatTime(state.timestamp),
  state_details: encodeStateDetails(state.state_details),
});
