import type { Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";
import { type Change, idOfRow, insertEvent, labelsOfPool, type Stamps } from "./events.ts";

const related = (kind: string, id: string, role: string) =>
  `select json_object('prefect.resource.id', 'prefect.${kind}.' || ${id}, 'prefect.resource.role', '${role}') labels where ${id} is not null`;

const relatedToDeployment = `(select json_group_array(json(r.labels)) from (
    select json_object('prefect.resource.id', 'prefect.flow.' || f.id, 'prefect.resource.name', f.name, 'prefect.resource.role', 'flow') labels
      from flow f where f.id = d.flow_id
    union all
    select json_object('prefect.resource.id', 'prefect.work-queue.' || q.id, 'prefect.resource.name', q.name, 'prefect.resource.role', 'work-queue')
      from work_queue q where q.id = d.work_queue_id
    union all
    select json_object(${labelsOfPool}, 'prefect.resource.role', 'work-pool')
      from work_queue q join work_pool p on p.id = q.work_pool_id where q.id = d.work_queue_id
    union all ${related("block-document", "d.storage_document_id", "storage")}
    union all ${related("block-document", "d.infrastructure_document_id", "infrastructure")}
    union all ${related("concurrency-limit", "d.concurrency_limit_id", "concurrency-limit")}) r)`;

const nothing: Sql = sql`'{}'`;

/**
 * Returns the statement that tells one change of every deployment (`d`) that the condition finds, with the values of this
 * point of the batch. Each further event occurs a microsecond later. `payload` is an expression of JSON text.
 */
export function tellDeployments(what: Change | "ready" | "not-ready", stamps: Stamps, where: Sql, payload: Sql = nothing): Sql {
  const id = stamps.newId();
  const now = stamps.now();
  return {
    sql: `${insertEvent}
      select ${idOfRow}, ? + row_number() over (order by d.id) - 1, ?, 'prefect.deployment.${what}', 'prefect.deployment.' || d.id,
        json_object('prefect.resource.id', 'prefect.deployment.' || d.id, 'prefect.resource.name', d.name),
        ${relatedToDeployment}, ${payload.sql}, null
      from deployment d where ${where.sql} order by d.id`,
    args: [id, now, now, ...payload.args, ...where.args],
  };
}
