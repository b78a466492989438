import type { TaskRunDecision } from "../../domain/orchestration/types.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { effectStatements, roomForEffects } from "../effects.ts";
import { hasAsRead, isAsRead, writeEachIf } from "../sql/guarded.ts";
import { allOf, type Guard, sql } from "../sql/tag.ts";
import { insertTaskRunState } from "../states/write.ts";
import { taskRun } from "../tables/task-runs.ts";
import { withdrawDelivery } from "../task-run-deliveries/write.ts";
import { taskRuns } from "./rows.ts";

export interface TaskRunStateChange {
  readonly task_run_id: string;
  /** The state that the decision was made for. */
  readonly expected_state_id: string | null;
  readonly decision: TaskRunDecision;
  readonly now: Micros;
}

/** The guard that the task run is still in the state that was read. */
export const taskRunIsIn = (id: string, state_id: string | null): Guard => hasAsRead(taskRun, { id, state_id });

/**
 * Returns the statements that write a decided task run state. The first one returns the run's id if it was written; the others
 * are conditional on the written state being current.
 */
export function taskRunStateStatements(
  { task_run_id, expected_state_id, decision, now }: TaskRunStateChange,
  guard?: Guard,
): Sql[] {
  const { written, effects, run_changes } = decision;
  if (written === null) return [];
  const set = taskRuns.set(run_changes);
  const conditions = [guard, roomForEffects(effects, now)].filter((condition) => condition != null);
  const holds = allOf([isAsRead({ id: task_run_id, state_id: expected_state_id }), ...conditions]);
  const won = taskRunIsIn(task_run_id, written.id);
  return [
    sql`update task_run set ${set} where ${holds} returning id`,
    withdrawDelivery(task_run_id, won),
    ...effectStatements(effects, won, now),
    insertTaskRunState(task_run_id, written, effects, won),
  ];
}

/** Writes a decided task run state if run and slots have not changed; returns whether it was written. */
export const commitTaskRunState = async (db: Database, change: TaskRunStateChange): Promise<boolean> =>
  (await writeEachIf(db, [taskRunStateStatements(change)])) === 1;

/**
 * Writes decided task run states, each independently as `commitTaskRunState` does; returns how many were written. One round trip.
 */
export const commitTaskRunStates = (db: Database, changes: readonly TaskRunStateChange[]): Promise<number> =>
  writeEachIf(
    db,
    changes.map((change) => taskRunStateStatements(change)),
  );
