import type { Stamps } from "../../domain/surroundings.ts";
import type { Sql } from "../client.ts";
import { raw, sql } from "../sql/tag.ts";
import { relatedPool } from "./work-pools.ts";
import { type Change, idOfRow, insertEvent, relatedResource } from "./write.ts";

const relatedToDeployment = sql`(select json_group_array(json(r.labels)) from (
    select json_object('prefect.resource.id', 'prefect.flow.' || f.id, 'prefect.resource.name', f.name, 'prefect.resource.role', 'flow') labels
      from flow f where f.id = d.flow_id
    union all
    select json_object('prefect.resource.id', 'prefect.work-queue.' || q.id, 'prefect.resource.name', q.name, 'prefect.resource.role', 'work-queue')
      from work_queue q where q.id = d.work_queue_id
    union all
    select ${relatedPool}
      from work_queue q join work_pool p on p.id = q.work_pool_id where q.id = d.work_queue_id
    union all ${relatedResource("block-document", "d.storage_document_id", "storage")}
    union all ${relatedResource("block-document", "d.infrastructure_document_id", "infrastructure")}
    union all ${relatedResource("concurrency-limit", "d.concurrency_limit_id", "concurrency-limit")}) r)`;

const noPayload = sql`'{}'`;

/**
 * Returns the statement that stores an event for a change of every deployment (`d`) that the condition finds, with the values at
 * this point of the batch. Each further event occurs a microsecond later. `payload` is an expression of JSON text.
 */
export function deploymentEvents(
  what: Change | "ready" | "not-ready",
  stamps: Stamps,
  where: Sql,
  payload: Sql = noPayload,
): Sql {
  const id = stamps.newId();
  const now = stamps.now();
  return sql`${insertEvent}
      select ${idOfRow(id)}, ${now} + row_number() over (order by d.id) - 1, ${now}, 'prefect.deployment.${raw(what)}', 'prefect.deployment.' || d.id,
        json_object('prefect.resource.id', 'prefect.deployment.' || d.id, 'prefect.resource.name', d.name),
        ${relatedToDeployment}, ${payload}, null
      from deployment d where ${where} order by d.id`;
}
