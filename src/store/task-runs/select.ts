import type { ResultSet } from "../client.ts";
import { packRow, rowMapper, unpackRows } from "../rows.ts";
import { joinResult, readTaskRunState, type StateRow, stateSize, taskRunStateColumns } from "../states.ts";
import { type TaskRunRow, taskRun } from "../tables/task-runs.ts";

export const taskRuns = rowMapper(taskRun);

/** A task run as it is stored, with its current state. */
export interface StoredTaskRun {
  readonly run: TaskRunRow;
  readonly state: StateRow | null;
}

/** The columns of a task run (alias r) with its state; `readStoredTaskRun` reads them. */
export const taskRunColumns = `${taskRuns.columns("r")}, ${taskRunStateColumns}`;

/** What is joined to `task_run r` for `taskRunColumns`: each join finds one row at most. */
export const taskRunJoins = `left join task_run_state s on s.id = r.state_id ${joinResult}`;

export const readStoredTaskRun = (values: ArrayLike<unknown>, offset = 0): StoredTaskRun => ({
  run: taskRuns.row(values, offset),
  state: readTaskRunState(values, offset + taskRuns.names.length),
});

export const readStoredTaskRuns = (result: ResultSet | undefined): StoredTaskRun[] =>
  (result?.rows ?? []).map((values) => readStoredTaskRun(values));

/** How task runs that a statement of ids has chosen are read. */
export const taskRunParts = {
  columns: { sql: packRow(taskRunColumns), args: [] },
  from: "task_run r",
  key: "r.id",
  joins: taskRunJoins,
  size: `${taskRuns.size("r")} + ${stateSize}`,
  read: (result: ResultSet): Iterable<StoredTaskRun> => unpackRows(result).map((values) => readStoredTaskRun(values)),
};
