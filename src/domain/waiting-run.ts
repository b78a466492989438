import { formatTime, type Micros } from "../lib/time.ts";
import type { WaitReason } from "../schemas/waiting-runs.ts";
import { type CatchUp, skippedName } from "./deployments/catch-up.ts";
import { agentType, isPolled } from "./work-pools/statuses.ts";

/** The runs before one in its queue are counted up to this number. */
export const mostAhead = 1_000;

/** What holds a slot, and since when. */
export interface SlotHolder {
  readonly holder_type: string | null;
  readonly holder_id: string | null;
  readonly since: Micros;
}

/** What the start of a flow run depends on, at one time. */
export interface WaitingRun {
  readonly state_type: string | null;
  readonly state_name: string | null;
  readonly since: Micros | null;
  readonly message: string | null;
  readonly scheduled: Micros | null;
  /** `in_process`: the run's own process makes the retry. */
  readonly retry_type: string | null;
  readonly deployment: {
    readonly name: string;
    readonly paused: boolean;
    readonly last_polled: Micros | null;
  } | null;
  /** What the deployment's policy for late runs says of this one; null where it does not concern it. */
  readonly catch_up: (CatchUp & { readonly is_superseded: boolean }) | null;
  /** The deployment's concurrency limit. */
  readonly limit: { readonly limit: number; readonly active: boolean; readonly occupied: number } | null;
  readonly queue: {
    readonly name: string;
    readonly is_paused: boolean;
    readonly concurrency_limit: number | null;
    readonly active_slots: number;
    readonly last_polled: Micros | null;
    /** Runs of the queue that are scheduled before this one, at most `mostAhead`. */
    readonly ahead: number;
  } | null;
  readonly pool: {
    readonly name: string;
    readonly type: string;
    readonly is_paused: boolean;
    readonly concurrency_limit: number | null;
    readonly active_slots: number;
    /** Null: no worker has ever sent a heartbeat. */
    readonly last_heartbeat: Micros | null;
    readonly online_until: Micros | null;
  } | null;
  /** The first holders of slots, the oldest first: of the deployment's limit, of the queue, of the pool. */
  readonly holders: {
    readonly deployment: readonly SlotHolder[];
    readonly queue: readonly SlotHolder[];
    readonly pool: readonly SlotHolder[];
  };
}

/** A reason, as the API shows it. */
export interface Reason {
  readonly kind: WaitReason;
  readonly message: string;
  readonly holders?: readonly SlotHolder[];
}

/**
 * Returns what keeps a flow run from starting now, the first thing to look at first; empty for a run that does not wait. Each of them
 * alone would hold it back, except `deployment_paused` and `behind_others`, which explain a delay, and a `catch_up` that is to come.
 */
export function reasonsToWait(run: WaitingRun, now: Micros): Reason[] {
  if (run.state_type === "PAUSED") return [{ kind: "run_paused", message: "The run is paused until it is resumed." }];
  if (run.state_type === "PENDING") return [starting(run)];
  if (run.state_type === "CANCELLED" && run.state_name === skippedName)
    return [{ kind: "skipped", message: run.message ?? "The run was skipped." }];
  if (run.state_type !== "SCHEDULED") return [];
  if (run.retry_type === "in_process")
    return [{ kind: "retries_in_its_process", message: "The run's own process waits for its retry; no worker is asked." }];
  const catchUp = heldByPolicy(run, now);
  return [
    ...(catchUp?.isGivenUp ? [catchUp.reason] : []),
    ...notDue(run, now),
    ...heldByDeployment(run),
    ...heldByPool(run),
    ...heldByQueue(run),
    ...nobodyAsks(run, now),
    ...behind(run),
    ...(catchUp === null || catchUp.isGivenUp ? [] : [catchUp.reason]),
  ];
}

// Says what the deployment's policy makes of a run that is due.
function heldByPolicy({ catch_up, scheduled }: WaitingRun, now: Micros): { reason: Reason; isGivenUp: boolean } | null {
  if (catch_up === null || scheduled === null || scheduled > now) return null;
  const { mode, max_late_seconds, is_superseded } = catch_up;
  const end = scheduled + max_late_seconds * 1_000_000;
  const isGivenUp = end < now && (mode === "none" || is_superseded);
  const what = isGivenUp
    ? "it is handed out no more, and will be skipped"
    : mode === "none"
      ? `it is skipped if it does not start by ${formatTime(end)}`
      : `it is skipped when a newer run of its schedule is due, but not before ${formatTime(end)}`;
  return {
    isGivenUp,
    reason: { kind: "catch_up", message: `The deployment catches up with '${mode}' of its late runs: ${what}.` },
  };
}

const starting = ({ since, pool }: WaitingRun): Reason => ({
  kind: "starting",
  message: `The run was taken ${since === null ? "" : `at ${formatTime(since)} `}and has not reported that it runs: ${
    pool === null ? "its process" : `a worker of the work pool '${pool.name}'`
  } prepares it.`,
});

const notDue = ({ scheduled, state_name }: WaitingRun, now: Micros): Reason[] =>
  scheduled === null || scheduled <= now
    ? []
    : state_name === "AwaitingConcurrencySlot"
      ? [{ kind: "awaits_slot", message: `The deployment's limit was full; the run asks again at ${formatTime(scheduled)}.` }]
      : [{ kind: "not_due", message: `The run is scheduled for ${formatTime(scheduled)}.` }];

const isFull = (limit: number | null, active: number): boolean => limit !== null && active >= limit;

function heldByDeployment({ deployment, limit, holders }: WaitingRun): Reason[] {
  if (deployment === null)
    return [{ kind: "no_deployment", message: "The run is of no deployment: only the client that created it can start it." }];
  const reasons: Reason[] = [];
  if (deployment.paused)
    reasons.push({
      kind: "deployment_paused",
      message: `The deployment '${deployment.name}' is paused: its schedules create no runs. Those that exist start where somebody asks for them.`,
    });
  if (limit?.active && isFull(limit.limit, limit.occupied))
    reasons.push({
      kind: "deployment_limit",
      message: `The deployment '${deployment.name}' has ${limit.occupied} of ${limit.limit} slots taken.`,
      holders: holders.deployment,
    });
  return reasons;
}

function heldByPool({ pool, holders }: WaitingRun): Reason[] {
  if (pool === null) return [];
  const reasons: Reason[] = [];
  if (pool.is_paused) reasons.push({ kind: "work_pool_paused", message: `The work pool '${pool.name}' is paused.` });
  if (isFull(pool.concurrency_limit, pool.active_slots))
    reasons.push({
      kind: "work_pool_limit",
      message: `The work pool '${pool.name}' has ${pool.active_slots} of ${pool.concurrency_limit} slots taken.`,
      holders: holders.pool,
    });
  return reasons;
}

function heldByQueue({ queue, holders }: WaitingRun): Reason[] {
  if (queue === null) return [];
  const reasons: Reason[] = [];
  if (queue.is_paused) reasons.push({ kind: "work_queue_paused", message: `The work queue '${queue.name}' is paused.` });
  if (isFull(queue.concurrency_limit, queue.active_slots))
    reasons.push({
      kind: "work_queue_limit",
      message: `The work queue '${queue.name}' has ${queue.active_slots} of ${queue.concurrency_limit} slots taken.`,
      holders: holders.queue,
    });
  return reasons;
}

const ever = (time: Micros | null): string => (time === null ? "never" : `last at ${formatTime(time)}`);

function nobodyAsks({ deployment, queue, pool }: WaitingRun, now: Micros): Reason[] {
  if (pool === null)
    return deployment === null || isPolled(deployment.last_polled, now)
      ? []
      : [
          {
            kind: "no_runner",
            message: `No process serves the deployment '${deployment.name}': it was asked for ${ever(deployment.last_polled)}.`,
          },
        ];
  if (pool.type !== agentType && (pool.online_until === null || pool.online_until <= now))
    return [
      {
        kind: "no_worker",
        message: `No worker of the work pool '${pool.name}' is online: one was seen ${ever(pool.last_heartbeat)}.`,
      },
    ];
  if (queue !== null && !isPolled(queue.last_polled, now))
    return [
      {
        kind: "queue_not_polled",
        message: `The workers of the work pool '${pool.name}' do not ask for the queue '${queue.name}': ${ever(queue.last_polled)}.`,
      },
    ];
  return [];
}

const behind = ({ queue }: WaitingRun): Reason[] =>
  queue === null || queue.ahead === 0
    ? []
    : [
        {
          kind: "behind_others",
          message: `Runs of the work queue '${queue.name}' that are scheduled before it: ${queue.ahead >= mostAhead ? "at least " : ""}${queue.ahead}.`,
        },
      ];
