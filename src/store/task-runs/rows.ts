import { rowMapper } from "../sql/rows.ts";
import { packed, type Selection, selection } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { joinResult, type StateRow, stateSize, taskRunStateCells } from "../states/rows.ts";
import { type TaskRunRow, taskRun } from "../tables/task-runs.ts";

export const taskRuns = rowMapper(taskRun);

/** A stored task run with its current state. */
export interface StoredTaskRun {
  readonly run: TaskRunRow;
  readonly state: StateRow | null;
}

/** The selection of a task run (alias r) with its state. */
export const storedTaskRuns: Selection<StoredTaskRun> = selection({ run: taskRuns.cells("r"), state: taskRunStateCells });

/** The joins of `task_run r` for `storedTaskRuns`: each finds one row at most. */
export const taskRunJoins = sql`left join task_run_state s on s.id = r.state_id ${joinResult}`;

/** The list parts of task runs chosen by a statement of ids. */
export const taskRunParts = {
  ...packed(storedTaskRuns),
  from: "task_run r",
  key: "r.id",
  joins: taskRunJoins,
  size: `${taskRuns.size("r")} + ${stateSize}`,
};
