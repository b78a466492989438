import type { Micros } from "../../lib/time.ts";
import type { Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";

/** The smallest positive number that no queue of the pool `p` has as its priority; part of a statement. */
export const firstFreePriority = `(select min(c.n) from (
    select 1 as n union all select taken.priority + 1 from work_queue taken where taken.work_pool_id = p.id) c
  where not exists (select 1 from work_queue holder where holder.work_pool_id = p.id and holder.priority = c.n))`;

/**
 * Returns the statement that frees a priority: queues at or above it keep their order and move only as far as needed to stay
 * distinct. It does nothing unless the guard holds.
 */
export function freePriority(
  { work_pool_id, queue_id, priority }: { work_pool_id: Sql; queue_id: string; priority: number },
  now: Micros,
  guard: Sql,
): Sql {
  // In order, a queue gets the maximum of its own priority and its predecessor's plus one; the predecessor of the first is the
  // new queue.
  return sql`update work_queue set priority = moved.priority, updated = max(${now}, updated + 1)
      from (
        select id, place + max(${priority}, max(priority - place) over (order by place)) as priority
        from (
          select id, priority, row_number() over (order by priority, id) as place
          from work_queue where work_pool_id = ${work_pool_id} and priority >= ${priority} and id <> ${queue_id}
        )
      ) moved
      where work_queue.id = moved.id and work_queue.priority <> moved.priority and ${guard}`;
}
