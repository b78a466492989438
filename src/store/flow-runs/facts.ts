import type { DeploymentFacts, LeaseFacts, LimitFacts, RelatedFacts } from "../../domain/orchestration/types.ts";
import type { State } from "../../domain/states.ts";
import { isJsonObject, parseJson } from "../../schemas/json.ts";
import type { Micros } from "../../schemas/time.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { occupiedSlots } from "../concurrency-limits/occupancy.ts";
import type { Guard } from "../events.ts";
import { pageBytes, readInParts } from "../slices.ts";
import { raw, sql } from "../sql/tag.ts";
import { stateOf } from "../states.ts";
import { type ParentTaskRun, parentTaskRunColumns, readParentTaskRun } from "../task-runs/parent.ts";
import { flowRunColumnCount, flowRunColumns, flowRunJoins, readStoredFlowRun, type StoredFlowRun } from "./select.ts";

/** Everything that a decision about a flow run's state may depend on, as it stood at one moment. */
export interface FlowRunFacts {
  readonly stored: StoredFlowRun;
  readonly initial_state: State | null;
  readonly deployment: DeploymentFacts | null;
  readonly lease: LeaseFacts | null;
  readonly parent: ParentTaskRun | null;
  readonly related: RelatedFacts;
  /** The text of the schema that input for resuming the run must meet, if its state asks for input and the schema is kept. */
  readonly input_schema: string | null;
}

const leaseColumn = `(select json_object('id', e.id, 'expires', e.expires, 'slots', json((
    select json_group_array(json_object('limit_id', x.limit_id, 'slots', x.slots)) from concurrency_lease_slot x where x.lease_id = e.id)))
  from concurrency_lease e where e.id = s.state_details ->> 'deployment_concurrency_lease_id')`;

function factsStatement(condition: Sql, now: Micros): Sql {
  const occupied = occupiedSlots("l", now);
  return sql`select ${raw(flowRunColumns)}, p.type, f.id, f.name, f.tags, d.id, d.name, d.tags, d.concurrency_options,
        l.id, l."limit", l.active, case when l.id is not null then ${occupied} end, ${raw(leaseColumn)},
        ${raw(parentTaskRunColumns("r.parent_task_run_id"))},
        (select i.value from flow_run_input i where i.flow_run_id = r.id and i.key = s.state_details ->> '$.run_input_keyset.schema')
      from flow_run r ${raw(flowRunJoins)} join flow f on f.id = r.flow_id left join deployment d on d.id = r.deployment_id
      left join concurrency_limit l on l.id = d.concurrency_limit_id where ${condition}`;
}

/** Returns the facts about a flow run, or null if there is none; one round trip. */
export async function loadFlowRunFacts(db: Database, id: string, now: Micros): Promise<FlowRunFacts | null> {
  const result = await db.execute(factsStatement(sql`r.id = ${id}`, now));
  const [row] = result.rows;
  return row === undefined ? null : readFacts(row);
}

/** The statement that gives the facts about a flow run unless it is in the state that was just written; `readFactsOf` reads it. */
export const factsUnless = (id: string, written_state_id: string, now: Micros): Sql =>
  factsStatement(sql`r.id = ${id} and r.state_id is not ${written_state_id}`, now);

/** Returns the facts of a result of `factsUnless`, null if there are none. */
export function readFactsOf(result: ResultSet | undefined): FlowRunFacts | null {
  const [row] = result?.rows ?? [];
  return row === undefined ? null : readFacts(row);
}

/** Holds while facts that were remembered are still true: the run's row is the same, and its deployment is there without a limit. */
export function factsHold({ stored }: FlowRunFacts): Guard {
  const { id, updated, deployment_id } = stored.run;
  const same = sql`exists (select 1 from flow_run where id = ${id} and updated = ${updated})`;
  if (deployment_id === null) return same;
  return sql`${same} and exists (select 1 from deployment where id = ${deployment_id} and concurrency_limit_id is null)`;
}

/** Returns the facts about several flow runs, in parts: all in one round trip, or fewer at a time where they are large. */
export const loadFactsOfFlowRuns = (db: Database, all: Sql, now: Micros): AsyncGenerator<FlowRunFacts[], void, undefined> =>
  readInParts(db, all, async (ids) => {
    const [result] = await db.read([factsStatement(sql`r.id in (${ids})`, now)], { most: pageBytes });
    return (result?.rows ?? []).map((row) => readFacts(row));
  });

function readFacts(values: ArrayLike<unknown>): FlowRunFacts {
  const stored = readStoredFlowRun(values);
  const next = reader(values, flowRunColumnCount);
  const poolType = next();
  const flow = { id: text(next()), name: text(next()), tags: list(next()) };
  const deploymentId = next();
  const deploymentName = next();
  const deploymentTags = next();
  const options = next();
  const limit = readLimit(next(), next(), next(), next());
  const lease = readLease(next());
  const parent = readParentTaskRun(next(), next());
  const inputSchema = next();
  const hasDeployment = typeof deploymentId === "string";
  return {
    stored,
    initial_state: stored.state === null ? null : stateOf(stored.state),
    deployment: hasDeployment ? { id: deploymentId, concurrency_limit: limit, concurrency_options: parsed(options) } : null,
    lease,
    parent,
    input_schema: typeof inputSchema === "string" ? inputSchema : null,
    related: {
      flow,
      deployment: hasDeployment ? { id: deploymentId, name: text(deploymentName), tags: list(deploymentTags) } : null,
      work_queue: stored.work_queue,
      work_pool: stored.work_pool === null ? null : { ...stored.work_pool, type: text(poolType) },
      parent_task_run: parent === null ? null : { id: parent.run.id, name: parent.run.name, tags: parent.run.tags },
    },
  };
}

function reader(values: ArrayLike<unknown>, start: number): () => unknown {
  let position = start;
  return () => values[position++];
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const parsed = (value: unknown): unknown => (typeof value === "string" ? parseJson(value) : null);

function list(value: unknown): string[] {
  const items = parsed(value);
  return Array.isArray(items) ? items.filter((item) => typeof item === "string") : [];
}

const readLimit = (id: unknown, limit: unknown, active: unknown, occupied: unknown): LimitFacts | null =>
  typeof id === "string" ? { id, limit: Number(limit), active: active === 1, occupied: Number(occupied) } : null;

function readLease(value: unknown): LeaseFacts | null {
  const stored = parsed(value);
  if (!isJsonObject(stored)) return null;
  const slots = Array.isArray(stored.slots) ? stored.slots.filter(isJsonObject) : [];
  return {
    id: text(stored.id),
    expires: Number(stored.expires),
    slots: slots.map((slot) => ({ limit_id: text(slot.limit_id), slots: Number(slot.slots) })),
  };
}
