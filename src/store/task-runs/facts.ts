import type { TagLimitFacts } from "../../domain/orchestration/types.ts";
import type { State } from "../../domain/states.ts";
import { isJsonObject, parseColumns, parseJson, stringifyJson } from "../../schemas/json.ts";
import type { Micros } from "../../schemas/time.ts";
import type { Database, Sql } from "../client.ts";
import { occupiedSlots } from "../concurrency-limits/occupancy.ts";
import { rowMapper } from "../rows.ts";
import { pageBytes, readInParts } from "../slices.ts";
import { raw, sql } from "../sql/tag.ts";
import { stateColumnCount, stateOf } from "../states.ts";
import { flowRunState } from "../tables/flow-runs.ts";
import { taskRunState } from "../tables/task-runs.ts";
import { readStoredTaskRun, type StoredTaskRun, taskRunColumns, taskRunJoins, taskRuns } from "./select.ts";

const flowRunStates = rowMapper(flowRunState);
const taskRunStates = rowMapper(taskRunState);

/** Everything that a decision about a task run's state may depend on, as it stood at one moment. */
export interface TaskRunFacts {
  readonly stored: StoredTaskRun;
  readonly initial_state: State | null;
  readonly flow_run: { readonly id: string; readonly state: State | null; readonly run_count: number } | null;
  readonly tag_limits: readonly TagLimitFacts[];
  readonly cached_state: State | null;
}

const withData = (alias: string) =>
  `coalesce((select a.data from artifact a where a.id = ${alias}.result_artifact_id), ${alias}.data)`;

function statement(condition: Sql, cache_key: string | null, now: Micros): Sql {
  const occupied = occupiedSlots("l", now);
  return sql`select ${raw(taskRunColumns)}, f.id, f.run_count,
        (select ${raw(flowRunStates.jsonObject("fs"))} from flow_run_state fs where fs.id = f.state_id),
        (select json_group_array(json_object('id', l.id, 'name', l.name, 'limit', l."limit", 'active', l.active, 'occupied', ${occupied},
            'avg_slot_occupancy_seconds', l.avg_slot_occupancy_seconds,
            'held', (select coalesce(sum(x.slots), 0) from concurrency_lease_slot x join concurrency_lease e on e.id = x.lease_id
              where x.limit_id = l.id and e.holder_id = r.id and e.expires > ${now})))
          from concurrency_limit l where l.name in (select 'tag:' || t.tag from task_run_tag t where t.task_run_id = r.id)),
        (select json_object('state', json(${raw(taskRunStates.jsonObject("cs"))}), 'data', json(${raw(withData("cs"))}))
          from (select c.task_run_state_id from task_run_state_cache c
            where c.cache_key = ${cache_key} and (c.cache_expiration is null or c.cache_expiration > ${now}) order by c.created desc, c.id desc limit 1) newest
          join task_run_state cs on cs.id = newest.task_run_state_id)
      from task_run r ${raw(taskRunJoins)} left join flow_run f on f.id = r.flow_run_id where ${condition}`;
}

/** Returns the facts about a task run, with the newest live cache entry of a key; null if there is no such run. One round trip. */
export async function loadTaskRunFacts(
  db: Database,
  { id, cache_key, now }: { id: string; cache_key: string | null; now: Micros },
): Promise<TaskRunFacts | null> {
  const [row] = (await db.execute(statement(sql`r.id = ${id}`, cache_key, now))).rows;
  return row === undefined ? null : readFacts(row);
}

/** Returns the facts about all task runs that the statement finds, without cached states, in parts: see `loadFactsOfFlowRuns`. */
export const loadFactsOfTaskRuns = (db: Database, all: Sql, now: Micros): AsyncGenerator<TaskRunFacts[], void, undefined> =>
  readInParts(db, all, async (ids) => {
    const [result] = await db.read([statement(sql`r.id in (${ids})`, null, now)], { most: pageBytes });
    return (result?.rows ?? []).map((row) => readFacts(row));
  });

function readFacts(row: ArrayLike<unknown>): TaskRunFacts {
  const stored = readStoredTaskRun(row);
  const offset = taskRuns.names.length + stateColumnCount;
  const flowRunId = row[offset];
  const flowRunStateRow = flowRunStates.fromJson(row[offset + 2]);
  return {
    stored,
    initial_state: stored.state === null ? null : stateOf(stored.state),
    flow_run:
      typeof flowRunId === "string"
        ? { id: flowRunId, run_count: Number(row[offset + 1]), state: flowRunStateRow === null ? null : stateOf(flowRunStateRow) }
        : null,
    tag_limits: readTagLimits(row[offset + 3]),
    cached_state: readCachedState(row[offset + 4]),
  };
}

function readTagLimits(value: unknown): TagLimitFacts[] {
  const list = typeof value === "string" ? parseColumns(value) : null;
  return (Array.isArray(list) ? list.filter(isJsonObject) : []).map((limit) => ({
    id: String(limit.id),
    name: String(limit.name),
    limit: Number(limit.limit),
    active: limit.active === 1,
    occupied: Number(limit.occupied),
    avg_slot_occupancy_seconds: Number(limit.avg_slot_occupancy_seconds),
    held: Number(limit.held),
  }));
}

function readCachedState(value: unknown): State | null {
  const cached = typeof value === "string" ? parseJson(value) : null;
  if (!isJsonObject(cached)) return null;
  const row = taskRunStates.fromJson(stringifyJson(cached.state));
  return row === null ? null : stateOf({ ...row, data: cached.data ?? null });
}
