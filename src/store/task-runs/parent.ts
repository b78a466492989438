import type { State } from "../../domain/states.ts";
import { rowMapper } from "../rows.ts";
import { stateOf } from "../states.ts";
import { type TaskRunRow, taskRunState } from "../tables/task-runs.ts";
import { taskRuns } from "./select.ts";

const states = rowMapper(taskRunState);

/** The task run that stands for a subflow run in its parent, with its current state. */
export interface ParentTaskRun {
  readonly run: TaskRunRow;
  readonly state: State | null;
}

/** The expressions of a parent task run and its state as JSON; `id` is the SQL expression of its id. `readParentTaskRun` reads them. */
export const parentTaskRunColumns = (id: string): string =>
  `(select ${taskRuns.jsonObject("t")} from task_run t where t.id = ${id}),
  (select ${states.jsonObject("ts")} from task_run t join task_run_state ts on ts.id = t.state_id where t.id = ${id})`;

/** Returns the parent task run from its two columns, null if there is none. */
export function readParentTaskRun(run: unknown, state: unknown): ParentTaskRun | null {
  const row = taskRuns.fromJson(run);
  const stored = states.fromJson(state);
  return row === null ? null : { run: row, state: stored === null ? null : stateOf(stored) };
}
