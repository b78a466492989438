import { decideTaskRunState } from "../domain/orchestration/decide.ts";
import { readTaskRunPolicy } from "../domain/orchestration/empirical-policy.ts";
import { generateSlug } from "../domain/slugs.ts";
import { propose } from "../domain/states.ts";
import { type Sources, surroundings } from "../domain/surroundings.ts";
import type { TaskRunCreate } from "../schemas/task-runs.ts";
import type { Database } from "../store/client.ts";
import type { TaskRunRow } from "../store/tables/task-runs.ts";
import { readFlowRunLabels, createTaskRun as storeTaskRun } from "../store/task-runs/create.ts";
import type { StoredTaskRun } from "../store/task-runs/rows.ts";

/**
 * Creates a task run as `POST /task_runs/` does, once for its keys; two round trips within a flow run, one without.
 * Throws ConstraintViolation where the flow run does not exist or the id is taken.
 */
export async function createTaskRun(
  deps: Sources & { readonly db: Database },
  create: TaskRunCreate,
): Promise<{ stored: StoredTaskRun; created: boolean }> {
  const { state, name, labels, id, ...members } = create;
  const inherited = create.flow_run_id === null ? null : await readFlowRunLabels(deps.db, create.flow_run_id);
  const around = surroundings(deps);
  const bare: TaskRunRow = {
    ...members,
    ...untouched,
    id: id ?? around.newId(),
    created: around.now,
    updated: around.now,
    name: name === null || name === "" ? generateSlug(around.random) : name,
    empirical_policy: readTaskRunPolicy(members.empirical_policy),
    labels: { ...inherited, ...(create.flow_run_id !== null && { "prefect.flow-run.id": create.flow_run_id }), ...labels },
  };
  const context = { ...around, run: bare, initial_state: null, flow_run: null, tag_limits: [], cached_state: null };
  const decision = decideTaskRunState(context, state ?? propose("PENDING"), { force: true });
  return storeTaskRun(deps.db, { row: { ...bare, ...decision.run_changes }, decision, now: around.now });
}

const untouched = {
  state_id: null,
  state_type: null,
  state_name: null,
  state_timestamp: null,
  run_count: 0,
  flow_run_run_count: 0,
  expected_start_time: null,
  next_scheduled_start_time: null,
  start_time: null,
  end_time: null,
  total_run_time: 0,
};
