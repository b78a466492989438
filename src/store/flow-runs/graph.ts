import type { GraphRun } from "../../domain/graph.ts";
import { isJsonObject, type Json, parseJson } from "../../schemas/json.ts";
import type { Micros } from "../../schemas/time.ts";
import type { Database, ResultSet } from "../client.ts";
import { rowMapper } from "../rows.ts";
import { raw, sql } from "../sql/tag.ts";
import { type FlowRunStateRow, flowRunState } from "../tables/flow-runs.ts";
import { readStoredTaskRuns, type StoredTaskRun, taskRunColumns, taskRunJoins } from "../task-runs/select.ts";

const states = rowMapper(flowRunState);

/** How many nodes and artifacts a graph may have. */
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

/** Returns what a flow run's graph is made of, null if there is no such run; one round trip. */
export async function readGraph(db: Database, id: string): Promise<StoredGraph | null> {
  const [run, nodes, history, artifacts] = await db.read([
    sql`select coalesce(start_time, expected_start_time), end_time from flow_run where id = ${id}`,
    sql`select coalesce(c.id, t.id), case when c.id is null then 'task-run' else 'flow-run' end,
          case when c.id is null then t.name else f.name || ' / ' || c.name end, coalesce(c.state_type, t.state_type),
          case when c.id is null then coalesce(t.start_time, t.expected_start_time) else c.start_or_expected end,
          case when c.id is not null then c.end_time
            when t.end_time is null and t.state_type = 'COMPLETED' then t.expected_start_time else t.end_time end,
          t.task_inputs
        from task_run t left join flow_run c on c.parent_task_run_id = t.id left join flow f on f.id = c.flow_id
        where t.flow_run_id = ${id} order by t.id limit ${mostGraphItems + 1}`,
    sql`select ${raw(states.columns("s"))} from flow_run_state s where s.flow_run_id = ${id} order by s.timestamp, s.id`,
    sql`select a.id, a.created, a.key, a.type, a.task_run_id,
          a.key is null or a.id = (select n.id from artifact n where n.key = a.key order by n.created desc, n.id desc limit 1),
          case when a.type = 'progress' then a.data end
        from artifact a where a.flow_run_id = ${id} and a.type is not null and a.type <> 'result' order by a.created, a.id limit ${mostGraphItems}`,
  ]);
  const [times] = run?.rows ?? [];
  if (times === undefined) return null;
  return {
    start_time: timeOrNull(times[0]),
    end_time: timeOrNull(times[1]),
    runs: readRuns(nodes),
    states: history === undefined ? [] : states.rows(history),
    artifacts: readArtifacts(artifacts),
  };
}

const timeOrNull = (value: unknown): Micros | null => (typeof value === "number" ? value : null);
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

const readRuns = (result: ResultSet | undefined): GraphRun[] =>
  (result?.rows ?? []).map((row) => ({
    id: String(row[0]),
    kind: row[1] === "flow-run" ? "flow-run" : "task-run",
    label: String(row[2]),
    state_type: String(row[3]),
    start_time: timeOrNull(row[4]),
    end_time: timeOrNull(row[5]),
    inputs: inputIds(parseJson(String(row[6]))),
  }));

/** Returns the ids that task inputs name, by the name of the input. */
export function inputIds(task_inputs: Json): Record<string, string[]> {
  if (!isJsonObject(task_inputs)) return {};
  const idsOf = (sources: unknown) =>
    Array.isArray(sources)
      ? sources.flatMap((source) => (isJsonObject(source) && typeof source.id === "string" ? [source.id] : []))
      : [];
  return Object.fromEntries(Object.entries(task_inputs).map(([name, sources]) => [name, idsOf(sources)]));
}

const readArtifacts = (result: ResultSet | undefined): StoredGraphArtifact[] =>
  (result?.rows ?? []).map((row) => ({
    id: String(row[0]),
    created: Number(row[1]),
    key: textOrNull(row[2]),
    type: textOrNull(row[3]),
    task_run_id: textOrNull(row[4]),
    is_latest: row[5] === 1,
    data: typeof row[6] === "string" ? parseJson(row[6]) : null,
  }));

/** Returns the task runs of a flow run, newest id first; null if there is no such run. */
export async function readDependencies(db: Database, id: string): Promise<StoredTaskRun[] | null> {
  const [run, taskRuns] = await db.read([
    sql`select id from flow_run where id = ${id}`,
    sql`select ${raw(taskRunColumns)} from task_run r ${raw(taskRunJoins)} where r.flow_run_id = ${id} order by r.id desc`,
  ]);
  return run === undefined || run.rows.length === 0 ? null : readStoredTaskRuns(taskRuns);
}
