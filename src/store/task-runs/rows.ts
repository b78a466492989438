import { rowMapper } from "../sql/rows.ts";
import { packed, type Selection, selection } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { joinResult, type StateRow, stateSize, taskRunStateCells } from "../states.ts";
import { type TaskRunRow, taskRun } from "../tables/task-runs.ts";

export const taskRuns = rowMapper(taskRun);

/** A task run as it is stored, with its current state. */
export interface StoredTaskRun {
  readonly run: TaskRunRow;
  readonly state: StateRow | null;
}

/** How a task run (alias r) is read with its state. */
export const storedTaskRuns: Selection<StoredTaskRun> = selection({ run: taskRuns.cells("r"), state: taskRunStateCells });

/** What is joined to `task_run r` for `storedTaskRuns`: each join finds one row at most. */
export const taskRunJoins = sql`left join task_run_state s on s.id = r.state_id ${joinResult}`;

/** How task runs that a statement of ids has chosen are read. */
export const taskRunParts = {
  ...packed(storedTaskRuns),
  from: "task_run r",
  key: "r.id",
  joins: taskRunJoins,
  size: `${taskRuns.size("r")} + ${stateSize}`,
};
