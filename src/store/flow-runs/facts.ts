import type { DeploymentFacts, LeaseFacts, LimitFacts, RelatedFacts } from "../../domain/orchestration/types.ts";
import type { State } from "../../domain/states.ts";
import { isJsonObject, type Json, parseJson } from "../../lib/json.ts";
import type { Micros } from "../../lib/time.ts";
import type { Database, Sql } from "../client.ts";
import { occupiedSlots } from "../concurrency-limits/occupancy.ts";
import { hasNoPolicies, hasPolicies } from "../flow-run-notifications/queue.ts";
import { pageBytes, readInParts } from "../slices.ts";
import { hasAsRead } from "../sql/guarded.ts";
import {
  type Cells,
  cell,
  flag,
  json,
  mapped,
  number,
  only,
  optional,
  type Selection,
  selection,
  text,
  textOrNull,
} from "../sql/selection.ts";
import { type Guard, raw, sql } from "../sql/tag.ts";
import { stateOf } from "../states/rows.ts";
import { flowRun } from "../tables/flow-runs.ts";
import { type ParentTaskRun, parentTaskRun } from "../task-runs/parent.ts";
import { flowRunJoins, type StoredFlowRun, storedFlowRuns } from "./rows.ts";

/** The facts on which a decision about a flow run's state depends, at one time. */
export interface FlowRunFacts {
  readonly stored: StoredFlowRun;
  readonly initial_state: State | null;
  readonly deployment: DeploymentFacts | null;
  readonly lease: LeaseFacts | null;
  readonly parent: ParentTaskRun | null;
  readonly related: RelatedFacts;
  /** The JSON Schema for the input of a resumption, as text, if the state asks for input and the schema is stored. */
  readonly input_schema: string | null;
  /** Whether there is an active notification policy. */
  readonly notifies: boolean;
}

const texts = (expression: string): Cells<string[]> =>
  mapped(json(expression), (items) => (Array.isArray(items) ? items.filter((item) => typeof item === "string") : []));

// Built once: these do not depend on the time, and every transition reads them.
const flow = selection({ id: text("f.id"), name: text("f.name"), tags: texts("f.tags") });
const deployment = optional(
  selection({ id: text("d.id"), name: text("d.name"), tags: texts("d.tags"), options: json("d.concurrency_options") }),
);
const lease = cell(
  `(select json_object('id', e.id, 'expires', e.expires, 'slots', json((
    select json_group_array(json_object('limit_id', x.limit_id, 'slots', x.slots)) from concurrency_lease_slot x where x.lease_id = e.id)))
  from concurrency_lease e where e.id = s.state_details ->> 'deployment_concurrency_lease_id')`,
  readLease,
);
const parent = parentTaskRun(raw("r.parent_task_run_id"));
const input_schema = textOrNull(
  "(select i.value from flow_run_input i where i.flow_run_id = r.id and i.key = s.state_details ->> '$.run_input_keyset.schema')",
);

/** Returns the selection of facts about flow runs (alias r) at a given time. */
function factsAt(now: Micros): Selection<FlowRunFacts> {
  const occupied = occupiedSlots("l", now);
  const limit = optional(
    selection({
      id: text("l.id"),
      limit: number('l."limit"'),
      active: flag("l.active"),
      occupied: number(sql`case when l.id is not null then ${occupied} end`),
    }),
  );
  const pool_type = text("p.type");
  const cells = {
    stored: storedFlowRuns,
    pool_type,
    flow,
    deployment,
    limit,
    lease,
    parent,
    input_schema,
    notifies: hasPolicies,
  };
  return only(mapped(selection(cells), factsOf));
}

interface Found {
  readonly stored: StoredFlowRun;
  readonly pool_type: string;
  readonly flow: { readonly id: string; readonly name: string; readonly tags: string[] };
  readonly deployment: { readonly id: string; readonly name: string; readonly tags: string[]; readonly options: Json } | null;
  readonly limit: LimitFacts | null;
  readonly lease: LeaseFacts | null;
  readonly parent: ParentTaskRun | null;
  readonly input_schema: string | null;
  readonly notifies: boolean;
}

const factsOf = ({ stored, pool_type, flow, deployment, limit, lease, parent, input_schema, notifies }: Found): FlowRunFacts => ({
  stored,
  initial_state: stored.state === null ? null : stateOf(stored.state),
  deployment:
    deployment === null ? null : { id: deployment.id, concurrency_limit: limit, concurrency_options: deployment.options },
  lease,
  parent,
  input_schema,
  notifies,
  related: {
    flow,
    deployment: deployment === null ? null : { id: deployment.id, name: deployment.name, tags: deployment.tags },
    work_queue: stored.work_queue,
    work_pool: stored.work_pool === null ? null : { ...stored.work_pool, type: pool_type },
    parent_task_run: parent === null ? null : { id: parent.run.id, name: parent.run.name, tags: parent.run.tags },
  },
});

const select = ({ columns }: Selection<FlowRunFacts>, condition: Sql): Sql => sql`select ${columns}
      from flow_run r ${flowRunJoins} join flow f on f.id = r.flow_id left join deployment d on d.id = r.deployment_id
      left join concurrency_limit l on l.id = d.concurrency_limit_id where ${condition}`;

/** Returns the facts about a flow run, or null if there is none; one round trip. */
export async function loadFlowRunFacts(db: Database, id: string, now: Micros): Promise<FlowRunFacts | null> {
  const facts = factsAt(now);
  return facts.first(await db.execute(select(facts, sql`r.id = ${id}`)));
}

/** Returns the selection of facts about a flow run, which finds none if the run is in the state that was just written. */
export function factsUnless(id: string, written_state_id: string, now: Micros) {
  const facts = factsAt(now);
  return { statement: select(facts, sql`r.id = ${id} and r.state_id is not ${written_state_id}`), first: facts.first };
}

/** The guard that cached facts are still true: the run's row is unchanged, its deployment exists without a limit, no policy is new. */
export function factsHold({ stored, notifies }: FlowRunFacts): Guard {
  const { id, updated, deployment_id } = stored.run;
  const unchanged = hasAsRead(flowRun, { id, updated });
  const same = notifies ? unchanged : sql`${unchanged} and ${hasNoPolicies}`;
  if (deployment_id === null) return same;
  return sql`${same} and exists (select 1 from deployment where id = ${deployment_id} and concurrency_limit_id is null)`;
}

/** Returns the facts about several flow runs in parts: all in one round trip, or several where they are large. */
export function loadFactsOfFlowRuns(db: Database, all: Sql, now: Micros): AsyncGenerator<FlowRunFacts[], void, undefined> {
  const facts = factsAt(now);
  return readInParts(db, all, async (ids) => {
    const [result] = await db.read([select(facts, sql`r.id in (${ids})`)], { most: pageBytes });
    return facts.rows(result);
  });
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function readLease(value: unknown): LeaseFacts | null {
  const stored = typeof value === "string" ? parseJson(value) : null;
  if (!isJsonObject(stored)) return null;
  const slots = Array.isArray(stored.slots) ? stored.slots.filter(isJsonObject) : [];
  return {
    id: textOf(stored.id),
    expires: Number(stored.expires),
    slots: slots.map((slot) => ({ limit_id: textOf(slot.limit_id), slots: Number(slot.slots) })),
  };
}
