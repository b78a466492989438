import type { TaskRunDecision } from "../../domain/orchestration/types.ts";
import type { Micros } from "../../schemas/time.ts";
import type { Sql } from "../client.ts";
import { effectStatements, roomForEffects } from "../effects.ts";
import type { Guard } from "../events.ts";
import { sql } from "../sql/tag.ts";
import { insertTaskRunState } from "../states.ts";
import { withdrawDelivery } from "../task-run-deliveries.ts";
import { taskRuns } from "./select.ts";

export interface TaskRunStateChange {
  readonly task_run_id: string;
  /** The state that was read when the decision was made. */
  readonly expected_state_id: string | null;
  readonly decision: TaskRunDecision;
  readonly now: Micros;
}

/** Holds while the task run is in the state that was read. */
export const taskRunIsIn = (id: string, state_id: string | null): Guard =>
  sql`exists (select 1 from task_run where id = ${id} and state_id is ${state_id})`;

/**
 * Returns the statements that write a decided task run state; the first returns the run's id if it won. All others apply only
 * where the written state is the run's current one.
 */
export function taskRunStateStatements(
  { task_run_id, expected_state_id, decision, now }: TaskRunStateChange,
  guard?: Guard,
): Sql[] {
  const { written, effects, run_changes } = decision;
  if (written === null) return [];
  const set = taskRuns.set(run_changes);
  const conditions = [guard, roomForEffects(effects, now)].filter((condition) => condition != null);
  const won = taskRunIsIn(task_run_id, written.id);
  return [
    {
      sql: `update task_run set ${set.sql} where id = ? and state_id is ?${conditions.map((c) => ` and ${c.sql}`).join("")} returning id`,
      args: [...set.args, task_run_id, expected_state_id, ...conditions.flatMap((c) => c.args)],
    },
    withdrawDelivery(task_run_id, won),
    ...effectStatements(effects, won, now),
    insertTaskRunState(task_run_id, written, effects, won),
  ];
}
