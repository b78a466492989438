import { readTaskRunPolicy } from "../../domain/orchestration/empirical-policy.ts";
import { formatTime } from "../../lib/time.ts";
import type { Prepared } from "../../store/import/table.ts";
import { addTags } from "../../store/tags.ts";
import type { Context } from "./context.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { offsetPages, timePages } from "./pages.ts";
import { stateColumns, times } from "./run-columns.ts";
import { NotThere } from "./source.ts";
import type { Stage } from "./stage.ts";
import { mapConcurrently, storeTaskRunStates } from "./states.ts";

/** Stores the task runs of some flow runs with their states. */
export async function storeTaskRunsOf(context: Context, { flow_run_ids }: { flow_run_ids: readonly string[] }): Promise<void> {
  if (flow_run_ids.length === 0) return;
  const body = { flow_runs: { id: { any_: [...flow_run_ids] } }, sort: "ID_DESC" };
  for await (const page of offsetPages(context.source, "/task_runs/filter", body)) await storePage(context, page.items);
}

/** Task runs without a flow run: those that a task worker or a script ran. */
export const loneTaskRuns: Stage = {
  name: "task runs",
  isLong: true,
  async *run(context, position) {
    if (context.since === null) return;
    const list = {
      path: "/task_runs/filter",
      since: formatTime(context.since),
      member: "expected_start_time",
      body: (after: string) => ({
        task_runs: { flow_run_id: { is_null_: true }, expected_start_time: { after_: after } },
        sort: "EXPECTED_START_TIME_ASC",
      }),
    };
    for await (const page of timePages(context.source, list, position)) {
      await storePage(context, page.items);
      yield page.position;
    }
  },
};

async function storePage(context: Context, items: readonly unknown[]): Promise<void> {
  const complete = await mapConcurrently(items, (item) => completeTaskRun(context, fieldsOf(item, "task run")));
  const rows = complete.flat().map(taskRunOf);
  const stored = await context.store(kinds.taskRuns, rows);
  await storeTaskRunStates(
    context,
    rows.map(({ id }) => id).filter((id) => stored.has(id)),
  );
}

// Lists of newer sources leave out the keys and the counts of a task run; one that was deleted meanwhile is none.
async function completeTaskRun({ source }: Context, from: Fields): Promise<Fields[]> {
  if (from.from.dynamic_key !== undefined) return [from];
  try {
    return [fieldsOf(await source.get(`/task_runs/${from.id()}`), "task run")];
  } catch (error) {
    if (error instanceof NotThere) return [];
    throw error;
  }
}

function taskRunOf(from: Fields): Prepared {
  const { id, ...stamps } = from.stamps();
  const tags = from.texts("tags");
  const row = {
    id,
    ...stamps,
    name: from.text("name", ""),
    flow_run_id: from.idOrNull("flow_run_id"),
    task_key: from.text("task_key"),
    dynamic_key: from.text("dynamic_key"),
    cache_key: from.textOrNull("cache_key"),
    cache_expiration: from.timeOrNull("cache_expiration"),
    task_version: from.textOrNull("task_version"),
    empirical_policy: readTaskRunPolicy(from.json("empirical_policy")),
    tags,
    labels: from.json("labels"),
    task_inputs: from.object("task_inputs"),
    ...stateColumns(from),
    run_count: from.integer("run_count", 0),
    flow_run_run_count: from.integer("flow_run_run_count", 0),
    ...times(from),
  };
  return kinds.taskRuns.table.prepare(row, addTags("task_run", id, tags));
}
