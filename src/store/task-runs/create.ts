import type { TaskRunDecision } from "../../domain/orchestration/types.ts";
import type { JsonObject } from "../../lib/json.ts";
import { isJsonObject } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { effectStatements } from "../effects.ts";
import { lastOf } from "../sql/rows.ts";
import { json, only } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { insertTaskRunState } from "../states/write.ts";
import type { TaskRunRow } from "../tables/task-runs.ts";
import { addTags } from "../tags.ts";
import { taskRunIsIn } from "./commit.ts";
import { type StoredTaskRun, storedTaskRuns, taskRunJoins, taskRuns } from "./rows.ts";

const runLabels = only(json("coalesce(labels, '{}')"));

/** Returns the labels of a flow run, null if there is no such run; one round trip. */
export async function readFlowRunLabels(db: Database, flow_run_id: string): Promise<JsonObject | null> {
  const labels = runLabels.first(await db.execute(sql`select ${runLabels.columns} from flow_run where id = ${flow_run_id}`));
  return isJsonObject(labels) ? labels : null;
}

const sameKeys = ({ flow_run_id, task_key, dynamic_key }: TaskRunRow): Sql =>
  flow_run_id === null
    ? sql`r.flow_run_id is null and r.task_key = ${task_key} and r.dynamic_key = ${dynamic_key}`
    : sql`r.flow_run_id = ${flow_run_id} and r.task_key = ${task_key} and r.dynamic_key = ${dynamic_key}`;

/**
 * Stores a new task run with its first state unless one with its keys exists; returns the stored one, and whether it is new.
 * Throws ConstraintViolation for a missing flow run and for an id that is taken by a run with other keys.
 */
export async function createTaskRun(
  db: Database,
  { row, decision, now }: { row: TaskRunRow; decision: TaskRunDecision; now: Micros },
): Promise<{ stored: StoredTaskRun; created: boolean }> {
  const { written, effects } = decision;
  if (written === null) throw new Error("a new task run needs a state");
  const keys = sameKeys(row);
  const won = taskRunIsIn(row.id, written.id);
  const results = await db.write([
    taskRuns.insertWhere(row, sql`not exists (select 1 from task_run r where ${keys})`),
    ...effectStatements(effects, won, now),
    insertTaskRunState(row.id, written, effects, won),
    ...addTags("task_run", row.id, row.tags),
    sql`select ${storedTaskRuns.columns} from task_run r ${taskRunJoins} where ${keys} order by r.created, r.id limit 1`,
  ]);
  const stored = storedTaskRuns.first(lastOf(results));
  if (stored === null) throw new Error("the task run went while it was made");
  return { stored, created: stored.run.state_id === written.id };
}
