import type { TaskRunDecision } from "../../domain/orchestration/types.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { effectStatements, roomForEffects } from "../effects.ts";
import { touched } from "../sql/rows.ts";
import { allOf, type Guard, sql } from "../sql/tag.ts";
import { insertTaskRunState } from "../states/write.ts";
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
export const taskRunIsIn = (id: string, state_id: string | null): Guard =>
  sql`exists (select 1 from task_run where id = ${id} and state_id is ${state_id})`;

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
  const isAsRead = allOf([sql`id = ${task_run_id} and state_id is ${expected_state_id}`, ...conditions]);
  const won = taskRunIsIn(task_run_id, written.id);
  return [
    sql`update task_run set ${set} where ${isAsRead} returning id`,
    withdrawDelivery(task_run_id, won),
    ...effectStatements(effects, won, now),
    insertTaskRunState(task_run_id, written, effects, won),
  ];
}

/** Writes a decided task run state if run and slots have not changed; returns whether it was written. */
export const commitTaskRunState = async (db: Database, change: TaskRunStateChange): Promise<boolean> =>
  (await commitGroups(db, [taskRunStateStatements(change)])) === 1;

/**
 * Writes decided task run states, each independently as `commitTaskRunState` does; returns how many were written. One round trip.
 */
export const commitTaskRunStates = (db: Database, changes: readonly TaskRunStateChange[]): Promise<number> =>
  commitGroups(
    db,
    changes.map((change) => taskRunStateStatements(change)),
  );

/**
 * Writes groups of statements in one batch; returns in how many of them the first statement changed a row. No round trip for an
 * empty list.
 */
export async function commitGroups(db: Database, groups: readonly (readonly Sql[])[]): Promise<number> {
  if (groups.length === 0) return 0;
  const results = await db.write(groups.flat());
  let position = 0;
  let won = 0;
  for (const statements of groups) {
    if (touched(results[position])) won++;
    position += statements.length;
  }
  return won;
}
