import type { TagLimitFacts } from "../../domain/orchestration/types.ts";
import type { State } from "../../domain/states.ts";
import { isJsonObject, parseColumns, parseJson, stringifyJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { occupiedSlots } from "../concurrency-limits/occupancy.ts";
import { pageBytes, readInParts } from "../slices.ts";
import { rowMapper } from "../sql/rows.ts";
import { cell, mapped, number, only, optional, type Selection, selection, text } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { stateOf } from "../states/rows.ts";
import { flowRunState } from "../tables/flow-runs.ts";
import { taskRunState } from "../tables/task-runs.ts";
import { type StoredTaskRun, storedTaskRuns, taskRunJoins } from "./rows.ts";

const flowRunStates = rowMapper(flowRunState);
const taskRunStates = rowMapper(taskRunState);

/** The facts on which a decision about a task run's state depends, at one time. */
export interface TaskRunFacts {
  readonly stored: StoredTaskRun;
  readonly initial_state: State | null;
  readonly flow_run: { readonly id: string; readonly state: State | null; readonly run_count: number } | null;
  readonly tag_limits: readonly TagLimitFacts[];
  readonly cached_state: State | null;
}

const withData = (alias: string) =>
  `coalesce((select a.data from artifact a where a.id = ${alias}.result_artifact_id), ${alias}.data)`;

/** Returns the selection of facts about task runs (alias r, flow run f) with the newest unexpired cache entry of a key. */
function factsAt(cache_key: string | null, now: Micros): Selection<TaskRunFacts> {
  const occupied = occupiedSlots("l", now);
  const members = {
    stored: storedTaskRuns,
    flow_run: optional(
      selection({
        id: text("f.id"),
        run_count: number("f.run_count"),
        state: cell(
          sql`(select ${flowRunStates.jsonObject("fs")} from flow_run_state fs where fs.id = f.state_id)`,
          readFlowRunState,
        ),
      }),
    ),
    tag_limits: cell(
      sql`(select json_group_array(json_object('id', l.id, 'name', l.name, 'limit', l."limit", 'active', l.active, 'occupied', ${occupied},
            'avg_slot_occupancy_seconds', l.avg_slot_occupancy_seconds,
            'held', (select coalesce(sum(x.slots), 0) from concurrency_lease_slot x join concurrency_lease e on e.id = x.lease_id
              where x.limit_id = l.id and e.holder_id = r.id and e.expires > ${now})))
          from concurrency_limit l where l.name in (select 'tag:' || t.tag from task_run_tag t where t.task_run_id = r.id))`,
      readTagLimits,
    ),
    cached_state: cell(
      sql`(select json_object('state', json(${taskRunStates.jsonObject("cs")}), 'data', json(${raw(withData("cs"))}))
          from (select c.task_run_state_id from task_run_state_cache c
            where c.cache_key = ${cache_key} and (c.cache_expiration is null or c.cache_expiration > ${now}) order by c.created desc, c.id desc limit 1) newest
          join task_run_state cs on cs.id = newest.task_run_state_id)`,
      readCachedState,
    ),
  };
  return only(
    mapped(selection(members), (facts) => ({
      ...facts,
      initial_state: facts.stored.state === null ? null : stateOf(facts.stored.state),
    })),
  );
}

const select = ({ columns }: Selection<TaskRunFacts>, condition: Sql): Sql =>
  sql`select ${columns} from task_run r ${taskRunJoins} left join flow_run f on f.id = r.flow_run_id where ${condition}`;

/**
 * Returns the facts about a task run, with the newest unexpired cache entry of a key; null if there is no such run. One round
 * trip.
 */
export async function loadTaskRunFacts(
  db: Database,
  { id, cache_key, now }: { id: string; cache_key: string | null; now: Micros },
): Promise<TaskRunFacts | null> {
  const facts = factsAt(cache_key, now);
  return facts.first(await db.execute(select(facts, sql`r.id = ${id}`)));
}

/** Returns the facts about all task runs of a statement of ids, without cached states, in parts: see `loadFactsOfFlowRuns`. */
export function loadFactsOfTaskRuns(db: Database, all: Sql, now: Micros): AsyncGenerator<TaskRunFacts[], void, undefined> {
  const facts = factsAt(null, now);
  return readInParts(db, all, async (ids) => {
    const [result] = await db.read([select(facts, sql`r.id in (${ids})`)], { most: pageBytes });
    return facts.rows(result);
  });
}

function readFlowRunState(value: unknown): State | null {
  const row = flowRunStates.fromJson(value);
  return row === null ? null : stateOf(row);
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
