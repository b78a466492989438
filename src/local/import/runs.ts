import { readFlowRunPolicy } from "../../domain/orchestration/empirical-policy.ts";
import { formatTime } from "../../lib/time.ts";
import { linkParents } from "../../store/import/links.ts";
import type { Prepared } from "../../store/import/table.ts";
import { addTags } from "../../store/tags.ts";
import type { Context } from "./context.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { timePages } from "./pages.ts";
import { type FindQueue, queueFinder } from "./queues.ts";
import { stateColumns, times } from "./run-columns.ts";
import type { Stage } from "./stage.ts";
import { storeFlowRunStates } from "./states.ts";
import { storeTaskRunsOf } from "./task-runs.ts";

/** Flow runs, the earliest first, each page with its states and its task runs: parents come before the runs that they started. */
export const flowRuns: Stage = {
  name: "flow runs",
  isLong: true,
  async *run(context, position) {
    if (context.since === null) return;
    const queueOf = await queueFinder(context);
    const list = {
      path: "/flow_runs/filter",
      since: formatTime(context.since),
      member: "expected_start_time",
      body: (after: string) => ({ flow_runs: { expected_start_time: { after_: after } }, sort: "EXPECTED_START_TIME_ASC" }),
    };
    let left = 0;
    let orphans = 0;
    for await (const page of timePages(context.source, list, position)) {
      const items = page.items.map((item) => fieldsOf(item, "flow run"));
      const wanted = items.filter((from) => !isMadeBySchedule(from, context.now));
      left += items.length - wanted.length;
      const stored = await context.store(
        kinds.flowRuns,
        wanted.map((from) => flowRunOf(context, from, queueOf)),
      );
      const own = wanted.filter((from) => stored.has(from.id()));
      const ids = own.map((from) => from.id());
      await storeFlowRunStates(context, ids);
      await storeTaskRunsOf(context, { flow_run_ids: ids });
      orphans += await link(context, own);
      yield page.position;
    }
    if (left > 0) context.remark(`${left} future runs of schedules were left out: this server makes its own.`);
    if (orphans > 0) context.remark(`${orphans} flow runs were started by task runs that are not here (older than --runs says).`);
  },
};

/** Whether a run was made by a schedule for a time to come: both servers would start it. Late ones, which nothing makes again, are not. */
function isMadeBySchedule(from: Fields, now: number): boolean {
  if (from.textOrNull("state_type") !== "SCHEDULED" || !from.flag("auto_scheduled", false)) return false;
  const start = from.timeOrNull("next_scheduled_start_time") ?? from.timeOrNull("expected_start_time");
  return from.integer("run_count", 0) === 0 && start !== null && start > now;
}

async function link(context: Context, items: readonly Fields[]): Promise<number> {
  const pairs = items.flatMap((from) => {
    const parent = from.idOrNull("parent_task_run_id");
    return parent === null ? [] : [[from.id(), parent] as const];
  });
  return context.isDryRun || pairs.length === 0 ? 0 : await linkParents(context.db, pairs);
}

function flowRunOf(context: Context, from: Fields, queueOf: FindQueue): Prepared {
  const { id, ...stamps } = from.stamps();
  const tags = from.texts("tags");
  const row = {
    id,
    ...stamps,
    name: from.text("name", ""),
    flow_id: context.idHere(from.id("flow_id")),
    deployment_id: context.idHereOrNull(from.idOrNull("deployment_id")),
    deployment_version: from.textOrNull("deployment_version"),
    work_queue_id: queueOf(from),
    work_queue_name: from.textOrNull("work_queue_name"),
    flow_version: from.textOrNull("flow_version"),
    parameters: from.object("parameters"),
    idempotency_key: from.textOrNull("idempotency_key"),
    context: from.object("context"),
    empirical_policy: readFlowRunPolicy(from.json("empirical_policy")),
    tags,
    labels: from.json("labels"),
    parent_task_run_id: null,
    ...stateColumns(from),
    run_count: from.integer("run_count", 0),
    ...times(from),
    auto_scheduled: from.flag("auto_scheduled", false),
    infrastructure_document_id: context.idHereOrNull(from.idOrNull("infrastructure_document_id")),
    infrastructure_pid: from.textOrNull("infrastructure_pid"),
    created_by: from.json("created_by"),
    job_variables: from.json("job_variables"),
    concurrency_limit_id: null,
  };
  return kinds.flowRuns.table.prepare(row, addTags("flow_run", id, tags));
}
