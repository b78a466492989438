import type { State } from "../../domain/states.ts";
import type { Sql } from "../client.ts";
import { rowMapper } from "../sql/rows.ts";
import { type Cells, cell, mapped, selection } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { stateOf } from "../states/rows.ts";
import { type TaskRunRow, taskRunState } from "../tables/task-runs.ts";
import { taskRuns } from "./rows.ts";

const states = rowMapper(taskRunState);

/** The task run that stands for a subflow run in its parent, with its current state. */
export interface ParentTaskRun {
  readonly run: TaskRunRow;
  readonly state: State | null;
}

/**
 * Returns the selection of a parent task run and its state, each as JSON, null if there is none; `id` is the expression of its
 * id.
 */
export const parentTaskRun = (id: Sql): Cells<ParentTaskRun | null> =>
  mapped(
    selection({
      run: cell(sql`(select ${taskRuns.jsonObject("t")} from task_run t where t.id = ${id})`, taskRuns.fromJson),
      state: cell(
        sql`(select ${states.jsonObject("ts")} from task_run t join task_run_state ts on ts.id = t.state_id where t.id = ${id})`,
        states.fromJson,
      ),
    }),
    ({ run, state }) => (run === null ? null : { run, state: state === null ? null : stateOf(state) }),
  );
