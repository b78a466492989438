import type { Predicate } from "../../filters/predicate.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Rows } from "../../lib/rows.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import type { FlowRunList } from "../flow-runs/read.ts";
import { estimatedLateness, estimatedRunTime } from "../history/read.ts";
import { readSizedList } from "../sized-lists.ts";
import { type List, listOfChosen } from "../slices.ts";
import { linkIndexes } from "../sql/emit.ts";
import { conjuncts } from "../sql/leading.ts";
import { orderFlowRuns } from "../sql/order.ts";
import { flowRunIdsQuery } from "../sql/page.ts";
import { number, packed, selection, text } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";

// A task run that a flow run names as its parent stands for that subflow run and is left out.
const taskRunCounts = selection({
  id: text("f.value"),
  count: number(sql`(select count(*) from task_run t indexed by ${raw(linkIndexes["flow_run.task_runs"] ?? "")}
    where t.flow_run_id = f.value and not exists (select 1 from flow_run s indexed by ${raw(linkIndexes["task_run.subflow_runs"] ?? "")}
      where s.parent_task_run_id = t.id))`),
});

/** Returns the statement that counts the task runs of each of these flow runs. */
export const taskRunCountsQuery = (flow_run_ids: readonly string[]): Sql =>
  sql`select ${taskRunCounts.columns} from (select distinct value from json_each(${stringifyJson(flow_run_ids)})) f`;

/** Returns how many task runs each of these flow runs has, without those for subflow runs; 0 for unknown ones. One round trip. */
export const countTaskRunsOfFlowRuns = async (
  db: Database,
  flow_run_ids: readonly string[],
): Promise<readonly { readonly id: string; readonly count: number }[]> =>
  taskRunCounts.rows(await db.execute(taskRunCountsQuery(flow_run_ids)));

/** What a chart shows of a flow run; `duration` and `lateness` in microseconds. */
export interface ChartedFlowRun {
  readonly id: string;
  readonly state_type: string;
  readonly timestamp: Micros;
  readonly duration: Micros;
  readonly lateness: Micros;
}

// A run without a state has no place in a chart of states.
const isStated: Predicate = { kind: "not_null", column: "state_type" };

function charted({ where, ...list }: FlowRunList, now: Micros, isSmall: boolean): List<ChartedFlowRun> {
  const cells = selection({
    id: text("r.id"),
    state_type: text("r.state_type"),
    timestamp: number("coalesce(r.start_or_expected, r.created)"),
    duration: number(estimatedRunTime(now)),
    lateness: number(estimatedLateness(now)),
  });
  const stated: Predicate = { kind: "and", parts: [...conjuncts(where), isStated] };
  return listOfChosen(flowRunIdsQuery({ ...list, where: stated, isSmall }), {
    ...packed(cells),
    from: "flow_run r",
    key: "r.id",
    size: "100",
    order: orderFlowRuns(list.sort, "r"),
  });
}

/** Returns what a chart shows of the flow runs that match, in the order of the sort. One round trip. */
export const listChartedFlowRuns = (db: Database, list: FlowRunList, now: Micros): Promise<Rows<ChartedFlowRun>> =>
  readSizedList({ db, list: (isSmall) => charted(list, now, isSmall) }).then(({ rows }) => rows);
