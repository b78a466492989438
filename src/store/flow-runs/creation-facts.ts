import type { RelatedFacts } from "../../domain/orchestration/types.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../lib/json.ts";
import type { Database } from "../client.ts";
import { hasPolicies } from "../flow-run-notifications/queue.ts";
import { type Cells, cell, selection } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { type ParentTaskRun, parentTaskRun } from "../task-runs/parent.ts";

/** The facts about related objects that a new flow run depends on. */
export interface CreationFacts {
  readonly flow: {
    readonly id: string;
    readonly name: string;
    readonly tags: readonly string[];
    readonly labels: JsonObject;
  } | null;
  readonly deployment: {
    readonly id: string;
    readonly name: string;
    readonly tags: readonly string[];
    readonly labels: JsonObject;
  } | null;
  /** The requested pool, with the requested queue or the pool's default queue. */
  readonly work_pool: { readonly id: string; readonly name: string; readonly type: string } | null;
  readonly work_queue: { readonly id: string; readonly name: string } | null;
  readonly parent: ParentTaskRun | null;
  /** Whether there is an active notification policy. */
  readonly notifies: boolean;
}

export interface CreationRequest {
  readonly flow_id: string;
  readonly deployment_id: string | null;
  readonly parent_task_run_id: string | null;
  readonly work_pool_name: string | null;
  readonly work_queue_name: string | null;
}

const object = (value: unknown): JsonObject | null => {
  const parsed = typeof value === "string" ? parseJson(value) : null;
  return isJsonObject(parsed) ? parsed : null;
};

const owner = (table: "flow" | "deployment", id: string | null): Cells<CreationFacts["flow"]> =>
  cell(
    sql`(select json_object('id', o.id, 'name', o.name, 'tags', json(o.tags), 'labels', json(o.labels)) from ${raw(table)} o where o.id = ${id})`,
    (value) => readOwner(object(value)),
  );

const factsOf = ({ flow_id, deployment_id, parent_task_run_id, work_pool_name, work_queue_name }: CreationRequest) =>
  selection({
    flow: owner("flow", flow_id),
    deployment: owner("deployment", deployment_id),
    work_pool: cell(
      sql`(select json_object('id', p.id, 'name', p.name, 'type', p.type) from work_pool p where p.name = ${work_pool_name})`,
      (value) => {
        const pool = object(value);
        return pool && { id: String(pool.id), name: String(pool.name), type: String(pool.type) };
      },
    ),
    work_queue: cell(
      sql`(select json_object('id', q.id, 'name', q.name) from work_pool p join work_queue q on q.work_pool_id = p.id
        where p.name = ${work_pool_name} and case when ${work_queue_name} is null then q.id = p.default_queue_id else q.name = ${work_queue_name} end)`,
      (value) => {
        const queue = object(value);
        return queue && { id: String(queue.id), name: String(queue.name) };
      },
    ),
    parent: parentTaskRun(sql`${parent_task_run_id}`),
    notifies: hasPolicies,
  });

/** Returns the facts about flow, deployment, queue and parent that a new flow run depends on; one round trip. */
export async function loadCreationFacts(db: Database, request: CreationRequest): Promise<CreationFacts> {
  const { columns, first } = factsOf(request);
  const facts = first(await db.execute(sql`select ${columns}`));
  if (facts === null) throw new Error("a select of expressions gave no row");
  return facts;
}

function readOwner(stored: JsonObject | null): CreationFacts["flow"] {
  if (stored === null) return null;
  const tags = Array.isArray(stored.tags) ? stored.tags.filter((tag) => typeof tag === "string") : [];
  return { id: String(stored.id), name: String(stored.name), tags, labels: isJsonObject(stored.labels) ? stored.labels : {} };
}

/** Returns the related resources for the events of the new run. */
export const relatedTo = ({ flow, deployment, work_pool, work_queue, parent }: CreationFacts): RelatedFacts => ({
  flow,
  deployment,
  work_queue,
  work_pool,
  parent_task_run: parent === null ? null : { id: parent.run.id, name: parent.run.name, tags: parent.run.tags },
});
