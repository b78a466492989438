import type { GraphRun } from "../../domain/graph.ts";
import { isJsonObject, type Json } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database } from "../client.ts";
import { rowMapper, touched } from "../sql/rows.ts";
import { cell, flag, json, mapped, number, numberOrNull, selection, text, textOrNull } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { type FlowRunStateRow, flowRunState } from "../tables/flow-runs.ts";
import { type StoredTaskRun, storedTaskRuns, taskRunJoins } from "../task-runs/rows.ts";

const states = rowMapper(flowRunState);

/** The maximum number of nodes and of artifacts in a graph. */
export const mostGraphItems = 10_000;

export interface StoredGraph {
  readonly start_time: Micros | null;
  readonly end_time: Micros | null;
  readonly runs: GraphRun[];
  readonly states: FlowRunStateRow[];
  readonly artifacts: StoredGraphArtifact[];
}

export interface StoredGraphArtifact {
  readonly id: string;
  readonly created: Micros;
  readonly key: string | null;
  readonly type: string | null;
  readonly task_run_id: string | null;
  readonly is_latest: boolean;
  readonly data: Json;
}

const times = selection({
  start_time: numberOrNull("coalesce(start_time, expected_start_time)"),
  end_time: numberOrNull("end_time"),
});

// A subflow run takes the place of the task run that represents it.
const nodes = selection({
  id: text("coalesce(c.id, t.id)"),
  kind: cell("case when c.id is null then 'task-run' else 'flow-run' end", (kind) =>
    kind === "flow-run" ? ("flow-run" as const) : ("task-run" as const),
  ),
  label: text("case when c.id is null then t.name else f.name || ' / ' || c.name end"),
  state_type: text("coalesce(c.state_type, t.state_type)"),
  start_time: numberOrNull(
    "case when c.id is null then coalesce(t.start_time, t.expected_start_time) else c.start_or_expected end",
  ),
  end_time: numberOrNull(`case when c.id is not null then c.end_time
            when t.end_time is null and t.state_type = 'COMPLETED' then t.expected_start_time else t.end_time end`),
  inputs: mapped(json("t.task_inputs"), inputIds),
});

const artifacts = selection({
  id: text("a.id"),
  created: number("a.created"),
  key: textOrNull("a.key"),
  type: textOrNull("a.type"),
  task_run_id: textOrNull("a.task_run_id"),
  is_latest: flag(
    "a.key is null or a.id = (select n.id from artifact n where n.key = a.key order by n.created desc, n.id desc limit 1)",
  ),
  data: json("case when a.type = 'progress' then a.data end"),
});

/** Returns the rows of a flow run's graph, null if there is no such run; one round trip. */
export async function readGraph(db: Database, id: string): Promise<StoredGraph | null> {
  const [run, children, history, made] = await db.read([
    sql`select ${times.columns} from flow_run where id = ${id}`,
    sql`select ${nodes.columns}
        from task_run t left join flow_run c on c.parent_task_run_id = t.id left join flow f on f.id = c.flow_id
        where t.flow_run_id = ${id} order by t.id limit ${mostGraphItems + 1}`,
    sql`select ${states.columns("s")} from flow_run_state s where s.flow_run_id = ${id} order by s.timestamp, s.id`,
    sql`select ${artifacts.columns}
        from artifact a where a.flow_run_id = ${id} and a.type is not null and a.type <> 'result' order by a.created, a.id limit ${mostGraphItems}`,
  ]);
  const found = times.first(run);
  return found && { ...found, runs: nodes.rows(children), states: states.rows(history), artifacts: artifacts.rows(made) };
}

/** Returns the run ids in task inputs, by the name of the input. */
export function inputIds(task_inputs: Json): Record<string, string[]> {
  if (!isJsonObject(task_inputs)) return {};
  const idsOf = (sources: unknown) =>
    Array.isArray(sources)
      ? sources.flatMap((source) => (isJsonObject(source) && typeof source.id === "string" ? [source.id] : []))
      : [];
  return Object.fromEntries(Object.entries(task_inputs).map(([name, sources]) => [name, idsOf(sources)]));
}

/** Returns the task runs of a flow run, newest id first; null if there is no such run. */
export async function readDependencies(db: Database, id: string): Promise<StoredTaskRun[] | null> {
  const [run, taskRuns] = await db.read([
    sql`select id from flow_run where id = ${id}`,
    sql`select ${storedTaskRuns.columns} from task_run r ${taskRunJoins} where r.flow_run_id = ${id} order by r.id desc`,
  ]);
  return touched(run) ? storedTaskRuns.rows(taskRuns) : null;
}
