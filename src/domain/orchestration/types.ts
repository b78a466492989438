import type { Json } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { State, StateProposal, StateType } from "../states.ts";
import type { Surroundings } from "../surroundings.ts";
import type { FlowRunPolicy, TaskRunPolicy } from "./empirical-policy.ts";

/** The columns of a run that the global policy sets at every state change. */
export interface RunColumns {
  readonly id: string;
  readonly run_count: number;
  readonly expected_start_time: Micros | null;
  readonly next_scheduled_start_time: Micros | null;
  readonly start_time: Micros | null;
  readonly end_time: Micros | null;
  readonly total_run_time: Micros;
}

/** The columns of `flow_run` that decide about its states. */
export interface FlowRunColumns extends RunColumns {
  readonly name: string;
  readonly deployment_id: string | null;
  readonly parent_task_run_id: string | null;
  readonly infrastructure_pid: string | null;
  readonly tags: readonly string[];
  readonly created_by: Json;
  readonly empirical_policy: Json;
  /** The deployment's limit of which the run itself holds a slot (clients that keep no leases). */
  readonly concurrency_limit_id: string | null;
}

/** The columns of `task_run` that decide about its states. */
export interface TaskRunColumns extends RunColumns {
  readonly flow_run_id: string | null;
  readonly task_key: string;
  readonly tags: readonly string[];
  readonly empirical_policy: Json;
  readonly flow_run_run_count: number;
}

/** A concurrency limit; `occupied` counts live leases and runs that hold a slot themselves. */
export interface LimitFacts {
  readonly id: string;
  readonly limit: number;
  readonly active: boolean;
  readonly occupied: number;
}

export interface TagLimitFacts extends LimitFacts {
  /** `tag:<tag>` */
  readonly name: string;
  readonly avg_slot_occupancy_seconds: number;
  /** Those of the occupied slots that leases of this task run hold. */
  readonly held: number;
}

export interface DeploymentFacts {
  readonly id: string;
  readonly concurrency_limit: LimitFacts | null;
  readonly concurrency_options: Json;
}

export interface LeaseFacts {
  readonly id: string;
  readonly expires: Micros;
  readonly slots: readonly { readonly limit_id: string; readonly slots: number }[];
}

interface Named {
  readonly id: string;
  readonly name: string;
}
interface Tagged extends Named {
  readonly tags: readonly string[];
}

/** The objects that a flow run's event names; null where there is none. */
export interface RelatedFacts {
  readonly flow: Tagged | null;
  readonly deployment: Tagged | null;
  readonly work_queue: Named | null;
  readonly work_pool: (Named & { readonly type: string }) | null;
  readonly parent_task_run: Tagged | null;
}

/** Everything that a decision about a flow run's state may depend on. */
export interface FlowRunContext extends Surroundings {
  readonly run: FlowRunColumns;
  /** The current state with its data, null for a run that is being created. */
  readonly initial_state: State | null;
  /** The run's deployment if it (still) exists. */
  readonly deployment: DeploymentFacts | null;
  /** The lease named by the current state if it (still) exists. */
  readonly lease: LeaseFacts | null;
  /** From the `User-Agent` header (`parseClientVersion`). */
  readonly client_version: string | null;
  /** From the `X-PREFECT-API-VERSION` header. */
  readonly api_version: string | null;
  readonly related: RelatedFacts;
}

/** Everything that a decision about a task run's state may depend on. */
export interface TaskRunContext extends Surroundings {
  readonly run: TaskRunColumns;
  readonly initial_state: State | null;
  readonly flow_run: { readonly id: string; readonly state: State | null; readonly run_count: number } | null;
  /** The limits `tag:<tag>` of the run's tags, inactive ones too. */
  readonly tag_limits: readonly TagLimitFacts[];
  /** The state behind the newest unexpired cache entry for the proposal's `cache_key`. */
  readonly cached_state: State | null;
}

/** A run while rules are applied: its row with their changes so far. */
export type FlowRunDraft = Omit<FlowRunColumns, "empirical_policy"> & { readonly empirical_policy: FlowRunPolicy };
export type TaskRunDraft = Omit<TaskRunColumns, "empirical_policy"> & { readonly empirical_policy: TaskRunPolicy };

/** What a flow run rule may change on the run. */
export interface FlowRunChanges {
  readonly empirical_policy?: Partial<FlowRunPolicy>;
  readonly concurrency_limit_id?: string | null;
}
/** What a task run rule may change on the run. */
export interface TaskRunChanges {
  readonly run_count?: number;
  readonly flow_run_run_count?: number;
}

/** A change beyond the run's own rows, to be written in the same batch. */
export type Effect =
  | TakeLease
  | { readonly kind: "release_lease"; readonly lease_id: string }
  | { readonly kind: "renew_lease"; readonly lease_id: string; readonly ttl_seconds: number }
  | { readonly kind: "release_task_leases"; readonly task_run_id: string; readonly limit_names: readonly string[] }
  | StoreCache
  | {
      readonly kind: "store_result";
      readonly artifact: ResultArtifact;
      /** The ids of the collection, if this is the first artifact of its key, and of the event; null without a key. */
      readonly latest: { readonly collection_id: string; readonly event_id: string } | null;
    }
  | {
      readonly kind: "store_run_input";
      readonly id: string;
      readonly flow_run_id: string;
      readonly key: string;
      readonly value: string;
    }
  | { readonly kind: "delete_run_inputs"; readonly flow_run_id: string; readonly keys: readonly string[] }
  | { readonly kind: "force_parent_task_run"; readonly task_run_id: string; readonly proposal: StateProposal }
  | { readonly kind: "enqueue_teardown"; readonly message_id: string; readonly flow_run_id: string }
  | { readonly kind: "enqueue_task_run"; readonly task_run_id: string; readonly task_key: string; readonly retry: boolean };

/** One slot of each limit or none: the guard of the write checks that they are still free. */
export interface TakeLease {
  readonly kind: "take_lease";
  readonly lease_id: string;
  readonly limit_ids: readonly string[];
  readonly slots: 1;
  readonly ttl_seconds: number;
  readonly holder_type: "flow_run" | "task_run";
  readonly holder_id: string;
}

export interface StoreCache {
  readonly kind: "store_cache";
  readonly id: string;
  readonly cache_key: string;
  readonly cache_expiration: Micros | null;
  readonly task_run_state_id: string;
}

export interface ResultArtifact {
  readonly id: string;
  readonly key: string | null;
  readonly type: string | null;
  readonly description: string | null;
  readonly data: Json;
  readonly flow_run_id: string | null;
  readonly task_run_id: string | null;
}

export type SetStateStatus = "ACCEPT" | "REJECT" | "WAIT" | "ABORT";

export type SetStateDetails =
  | { readonly type: "accept_details" }
  | { readonly type: "reject_details" | "abort_details"; readonly reason: string }
  | { readonly type: "wait_details"; readonly delay_seconds: number; readonly reason: string };

/** The changes of a rule's verdict, discarded when a later rule replaces the transition by another one. */
export interface Consequences<Changes> {
  /** Changes before the global policy, which takes them into account. */
  readonly changes?: Changes;
  /** Changes after the global policy. */
  readonly later?: Changes;
  readonly effects?: readonly Effect[];
}

/** A rule's verdict. `accept` with a state renames or completes the proposal; `reject` without one keeps the current state. */
export type Verdict<Changes> =
  | ({ readonly kind: "accept"; readonly state?: State } & Consequences<Changes>)
  | ({ readonly kind: "reject"; readonly state: State | null; readonly reason: string } & Consequences<Changes>)
  | { readonly kind: "wait"; readonly delay_seconds: number; readonly reason: string }
  | { readonly kind: "abort"; readonly reason: string };

/** A transition as a rule sees it. */
export interface Transition<Context, Draft> {
  readonly context: Context;
  readonly run: Draft;
  readonly initial: State | null;
  readonly proposed: State;
}

/** One rule: asked only for the intended transitions it names, and only while the proposed type is still the intended one. */
export interface Rule<Context, Draft, Changes> {
  readonly name: string;
  /** "any" includes a run that has no state yet. */
  readonly from: "any" | readonly StateType[];
  readonly to: "any" | readonly StateType[];
  /** Null: the rule does not apply. */
  apply(transition: Transition<Context, Draft>): Verdict<Changes> | null;
}

/** The facts of a transition whose state is certain to be written. */
export interface Conclusion<Context, Draft> {
  readonly context: Context;
  readonly run: Draft;
  readonly initial: State | null;
  readonly written: State;
  readonly status: SetStateStatus;
}

/** A transform that follows from the state that is written, whichever rule decided it. */
export interface Closing<Context, Draft, Changes> {
  readonly name: string;
  conclude(conclusion: Conclusion<Context, Draft>): { readonly changes?: Changes; readonly effects?: readonly Effect[] } | null;
}

/** Rules in the order in which they are applied, then the transforms that follow. */
export interface Policy<Context, Draft, Changes> {
  readonly rules: readonly Rule<Context, Draft, Changes>[];
  readonly closings: readonly Closing<Context, Draft, Changes>[];
}

export type FlowRunRule = Rule<FlowRunContext, FlowRunDraft, FlowRunChanges>;
export type TaskRunRule = Rule<TaskRunContext, TaskRunDraft, TaskRunChanges>;
/** A rule for runs of both kinds. */
export type SharedRule = Rule<Surroundings, RunColumns, Record<never, never>>;
export type FlowRunClosing = Closing<FlowRunContext, FlowRunDraft, FlowRunChanges>;
export type TaskRunClosing = Closing<TaskRunContext, TaskRunDraft, TaskRunChanges>;
export type FlowRunRules = Policy<FlowRunContext, FlowRunDraft, FlowRunChanges>;
export type TaskRunRules = Policy<TaskRunContext, TaskRunDraft, TaskRunChanges>;

/** The decision about a proposal: everything that the write and the answer need. */
export interface Decision<RunUpdate> {
  readonly status: SetStateStatus;
  readonly details: SetStateDetails;
  /** The state to append, null if none is written. */
  readonly written: State | null;
  /** The state in the answer: the written one, else the current one. */
  readonly answer_state: State | null;
  /** Columns to set on the run; may hold some although no state is written (a refused way out of a pause marks the run). */
  readonly run_changes: RunUpdate;
  readonly effects: readonly Effect[];
}

interface StateColumns {
  readonly updated: Micros;
  readonly state_id: string;
  readonly state_type: StateType;
  readonly state_name: string;
  readonly state_timestamp: Micros;
}

/** Columns to set on a flow run. */
export type FlowRunUpdate = Partial<
  StateColumns & Omit<RunColumns, "id"> & Pick<FlowRunDraft, "empirical_policy" | "concurrency_limit_id">
>;
/** Columns to set on a task run. */
export type TaskRunUpdate = Partial<StateColumns & Omit<RunColumns, "id"> & Pick<TaskRunDraft, "flow_run_run_count">>;

/** An event of the server as it is stored and sent (times in microseconds). */
export interface FlowRunStateEvent {
  readonly id: string;
  readonly occurred: Micros;
  readonly event: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly related: readonly Readonly<Record<string, string>>[];
  readonly payload: Readonly<Record<string, Json>>;
  readonly follows: string | null;
}

export interface FlowRunDecision extends Decision<FlowRunUpdate> {
  readonly event: FlowRunStateEvent | null;
}
export type TaskRunDecision = Decision<TaskRunUpdate>;
