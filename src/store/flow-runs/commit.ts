import type { FlowRunDecision } from "../../domain/orchestration/types.ts";
import type { State } from "../../domain/states.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { effectStatements, roomForEffects } from "../effects.ts";
import { insertEvents } from "../events/write.ts";
import { queueNotifications } from "../flow-run-notifications/queue.ts";
import { hasAsRead, isAsRead, writeEachIf } from "../sql/guarded.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { allOf, type Guard, sql } from "../sql/tag.ts";
import { insertFlowRunState } from "../states/write.ts";
import { flowRun } from "../tables/flow-runs.ts";
import { type TaskRunStateChange, taskRunIsIn, taskRunStateStatements } from "../task-runs/commit.ts";
import { type FlowRunFacts, factsHold, factsUnless } from "./facts.ts";
import { flowRuns } from "./rows.ts";

export interface FlowRunStateChange {
  readonly flow_run_id: string;
  /** The state that the decision was made for. */
  readonly expected_state_id: string | null;
  readonly decision: FlowRunDecision;
  /** The change that is forced on the subflow's parent task run. */
  readonly parent: TaskRunStateChange | null;
  /** Whether the state may have to be notified of. */
  readonly notifies: boolean;
  readonly now: Micros;
}

/** The guard that the flow run is still in the state that was read. */
export const flowRunIsIn = (id: string, state_id: string | null): Guard => hasAsRead(flowRun, { id, state_id });

/**
 * Returns the statements that write a decided flow run state. The first one returns the run's id if run, parent and slots have
 * not changed since the decision and the guard holds; the others are conditional on it.
 */
export function flowRunStateStatements(change: FlowRunStateChange, guard: Guard | null = null): Sql[] {
  const { flow_run_id, expected_state_id, decision, parent, now } = change;
  const { written, effects, event, run_changes } = decision;
  const set = flowRuns.set(run_changes);
  const conditions = [
    guard,
    roomForEffects(effects, now),
    parent === null ? null : taskRunIsIn(parent.task_run_id, parent.expected_state_id),
  ].filter((condition) => condition !== null);
  const holds = allOf([isAsRead({ id: flow_run_id, state_id: expected_state_id }), ...conditions]);
  const update = sql`update flow_run set ${set} where ${holds} returning id`;
  if (written === null) return [update];
  return [update, ...relatedStatements(change, flowRunIsIn(flow_run_id, written.id), written, event)];
}

/** Writes a decided flow run state if run, parent and slots have not changed; returns whether it was written. */
export const commitFlowRunState = async (db: Database, change: FlowRunStateChange): Promise<boolean> =>
  (await writeEachIf(db, [flowRunStateStatements(change)])) === 1;

/**
 * Writes decided flow run states, each independently as `commitFlowRunState` does; returns how many were written. One round trip.
 */
export const commitFlowRunStates = (db: Database, changes: readonly FlowRunStateChange[]): Promise<number> =>
  writeEachIf(
    db,
    changes.map((change) => flowRunStateStatements(change)),
  );

/**
 * The outcome of a state that was decided from cached facts; where they no longer hold, the current facts (null: no such run).
 */
export type CommittedFromCache = { readonly written: true } | { readonly written: false; readonly facts: FlowRunFacts | null };

/** Writes a flow run state that was decided from cached facts if these still hold; one round trip. */
export async function commitFromCachedFacts(
  db: Database,
  change: FlowRunStateChange & { readonly written: State },
  cached: FlowRunFacts,
): Promise<CommittedFromCache> {
  const now = factsUnless(change.flow_run_id, change.written.id, change.now);
  const results = await db.write([...flowRunStateStatements(change, factsHold(cached)), now.statement]);
  return touched(results[0]) ? { written: true } : { written: false, facts: now.first(lastOf(results)) };
}

/** Returns the statements for a flow run's state beside the run's own row; `won` is the condition that the row was written. */
export function relatedStatements(
  { flow_run_id, decision, parent, notifies, now }: Omit<FlowRunStateChange, "expected_state_id">,
  won: Guard,
  written: NonNullable<FlowRunDecision["written"]>,
  event: FlowRunDecision["event"],
): Sql[] {
  return [
    ...effectStatements(decision.effects, won, now),
    insertFlowRunState(flow_run_id, written, decision.effects, won),
    ...(parent === null ? [] : taskRunStateStatements(parent, won)),
    ...(event === null ? [] : insertEvents([event], now, won)),
    ...(notifies ? [queueNotifications(flow_run_id, written, won)] : []),
  ];
}
