import type { RelatedFacts } from "../../domain/orchestration/types.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../schemas/json.ts";
import type { Database, Sql } from "../client.ts";
import { type ParentTaskRun, parentTaskRunColumns, readParentTaskRun } from "../task-runs/parent.ts";

/** What a new flow run takes from the things it belongs to. */
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
  /** The pool of the wanted name; its queue is the wanted one, else the pool's default queue. */
  readonly work_pool: { readonly id: string; readonly name: string; readonly type: string } | null;
  readonly work_queue: { readonly id: string; readonly name: string } | null;
  readonly parent: ParentTaskRun | null;
}

export interface CreationRequest {
  readonly flow_id: string;
  readonly deployment_id: string | null;
  readonly parent_task_run_id: string | null;
  readonly work_pool_name: string | null;
  readonly work_queue_name: string | null;
}

const owner = (table: "flow" | "deployment") =>
  `(select json_object('id', o.id, 'name', o.name, 'tags', json(o.tags), 'labels', json(o.labels)) from ${table} o where o.id = ?)`;

function statement(request: CreationRequest): Sql {
  const { flow_id, deployment_id, parent_task_run_id, work_pool_name, work_queue_name } = request;
  return {
    sql: `select ${owner("flow")}, ${owner("deployment")},
      (select json_object('id', p.id, 'name', p.name, 'type', p.type) from work_pool p where p.name = ?),
      (select json_object('id', q.id, 'name', q.name) from work_pool p join work_queue q on q.work_pool_id = p.id
        where p.name = ? and case when ? is null then q.id = p.default_queue_id else q.name = ? end),
      ${parentTaskRunColumns("?")}`,
    args: [
      flow_id,
      deployment_id,
      work_pool_name,
      work_pool_name,
      work_queue_name,
      work_queue_name,
      parent_task_run_id,
      parent_task_run_id,
    ],
  };
}

/** Returns what a new flow run takes from its flow, deployment, queue and parent; one round trip. */
export async function loadCreationFacts(db: Database, request: CreationRequest): Promise<CreationFacts> {
  const [row] = (await db.execute(statement(request))).rows;
  const object = (value: unknown): JsonObject | null => {
    const parsed = typeof value === "string" ? parseJson(value) : null;
    return isJsonObject(parsed) ? parsed : null;
  };
  const pool = object(row?.[2]);
  const queue = object(row?.[3]);
  return {
    flow: readOwner(object(row?.[0])),
    deployment: readOwner(object(row?.[1])),
    work_pool: pool && { id: String(pool.id), name: String(pool.name), type: String(pool.type) },
    work_queue: queue && { id: String(queue.id), name: String(queue.name) },
    parent: readParentTaskRun(row?.[4], row?.[5]),
  };
}

function readOwner(stored: JsonObject | null): CreationFacts["flow"] {
  if (stored === null) return null;
  const tags = Array.isArray(stored.tags) ? stored.tags.filter((tag) => typeof tag === "string") : [];
  return { id: String(stored.id), name: String(stored.name), tags, labels: isJsonObject(stored.labels) ? stored.labels : {} };
}

/** Returns the names that the events of the new run tell. */
export const relatedTo = ({ flow, deployment, work_pool, work_queue, parent }: CreationFacts): RelatedFacts => ({
  flow,
  deployment,
  work_queue,
  work_pool,
  parent_task_run: parent === null ? null : { id: parent.run.id, name: parent.run.name, tags: parent.run.tags },
});
