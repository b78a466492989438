import { isJsonObject, type Json, plainNumber } from "../../lib/json.ts";

/** The retry settings of a flow run, and the state of its pauses. */
export interface FlowRunPolicy {
  readonly max_retries: number;
  readonly retry_delay_seconds: number;
  readonly retries: number | null;
  readonly retry_delay: number | null;
  readonly pause_keys: readonly string[] | null;
  readonly resuming: boolean | null;
  readonly retry_type: "in_process" | "reschedule" | null;
}

/** The retry settings of a task run; delays in seconds. */
export interface TaskRunPolicy {
  readonly max_retries: number;
  readonly retry_delay_seconds: number;
  readonly retries: number | null;
  readonly retry_delay: number | readonly number[] | null;
  readonly retry_jitter_factor: number | null;
}

function readNumber(value: Json): number | null {
  const number = plainNumber(value);
  return typeof number === "number" ? number : null;
}
const isNumber = (value: unknown): value is number => typeof value === "number";
const isText = (value: unknown): value is string => typeof value === "string";

// The deprecated members are defaults of the newer ones, for which 0 counts as not set.
function readRetries(from: Record<string, unknown>) {
  const max_retries = readNumber(from.max_retries) ?? 0;
  const retry_delay_seconds = readNumber(from.retry_delay_seconds) ?? 0;
  const retries = readNumber(from.retries);
  return { max_retries, retry_delay_seconds, retries: retries || max_retries || retries };
}

/** Reads a flow run's `empirical_policy`, stored or sent; missing members get their defaults. */
export function readFlowRunPolicy(stored: Json): FlowRunPolicy {
  const from = isJsonObject(stored) ? stored : {};
  const common = readRetries(from);
  const retry_delay = readNumber(from.retry_delay);
  const { retry_type, pause_keys, resuming } = from;
  return {
    ...common,
    retry_delay: retry_delay || common.retry_delay_seconds || retry_delay,
    pause_keys: Array.isArray(pause_keys) ? [...new Set(pause_keys.filter(isText))] : pause_keys === null ? null : [],
    resuming: typeof resuming === "boolean" ? resuming : resuming === null ? null : false,
    retry_type: retry_type === "in_process" || retry_type === "reschedule" ? retry_type : null,
  };
}

/** Reads a task run's `empirical_policy`, stored or sent; missing members get their defaults. */
export function readTaskRunPolicy(stored: Json): TaskRunPolicy {
  const from = isJsonObject(stored) ? stored : {};
  const common = readRetries(from);
  const sent = from.retry_delay;
  const delays = Array.isArray(sent) ? sent.map(plainNumber).filter(isNumber) : [];
  const retry_delay = delays.length > 0 ? delays : readNumber(sent);
  return {
    ...common,
    retry_delay: retry_delay || common.retry_delay_seconds || retry_delay,
    retry_jitter_factor: readNumber(from.retry_jitter_factor),
  };
}
