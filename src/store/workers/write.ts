import type { Stamps } from "../../domain/surroundings.ts";
import type { Database, Sql } from "../client.ts";
import { workPoolStatusEvent } from "../events/work-pools.ts";
import { lastOf, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { readSelectedWorkPool, type StoredWorkPool, selectWorkPool } from "../work-pools/rows.ts";
import { selectPoolId } from "./read.ts";

/** A worker's heartbeat. */
export interface Heartbeat {
  readonly work_pool_name: string;
  readonly name: string;
  /** Null keeps the stored interval. */
  readonly heartbeat_interval_seconds: number | null;
}

/**
 * Returns the statements that record a heartbeat; the first returns the worker's id, or no row if there is no such pool. A pool
 * that was NOT_READY becomes READY, with an event.
 */
export function recordHeartbeat({ work_pool_name, name, heartbeat_interval_seconds }: Heartbeat, stamps: Stamps): Sql[] {
  const now = stamps.now();
  const event = { id: stamps.newId(), occurred: now };
  return [
    sql`insert into worker (id, created, updated, name, work_pool_id, last_heartbeat_time, heartbeat_interval_seconds, status)
        select ${stamps.newId()}, ${now}, ${now}, ${name}, p.id, ${now}, ${heartbeat_interval_seconds}, 'ONLINE' from work_pool p where p.name = ${work_pool_name}
        on conflict (work_pool_id, name) do update set
          updated = excluded.updated, last_heartbeat_time = max(last_heartbeat_time, excluded.last_heartbeat_time), status = 'ONLINE',
          heartbeat_interval_seconds = coalesce(excluded.heartbeat_interval_seconds, heartbeat_interval_seconds)
        returning id`,
    workPoolStatusEvent("ready", event, sql`p.name = ${work_pool_name} and p.status = 'NOT_READY'`),
    sql`update work_pool set status = 'READY', last_status_event_id = ${event.id}, last_status_event_time = ${event.occurred}, updated = max(${now}, updated + 1)
        where name = ${work_pool_name} and status = 'NOT_READY'`,
  ];
}

/** Records a worker's heartbeat; returns false if there is no such pool. */
export async function saveHeartbeat(db: Database, heartbeat: Heartbeat, stamps: Stamps): Promise<boolean> {
  const [worker] = await db.write(recordHeartbeat(heartbeat, stamps));
  return touched(worker);
}

/** Deletes a worker of a pool; the outcome says which of the two is missing. */
export async function deleteWorker(
  db: Database,
  work_pool_name: string,
  name: string,
): Promise<{ readonly kind: "deleted" | "work_pool_not_found" | "worker_not_found" }> {
  const [pool, deleted] = await db.write([
    selectPoolId(work_pool_name),
    sql`delete from worker where work_pool_id = (select id from work_pool where name = ${work_pool_name}) and name = ${name} returning id`,
  ]);
  return { kind: touched(deleted) ? "deleted" : touched(pool) ? "worker_not_found" : "work_pool_not_found" };
}

/** Records a heartbeat and returns the worker's pool after it; null if there is no such pool. */
export async function heartbeatPool(db: Database, heartbeat: Heartbeat, stamps: Stamps): Promise<StoredWorkPool | null> {
  const results = await db.write([...recordHeartbeat(heartbeat, stamps), selectWorkPool(heartbeat.work_pool_name)]);
  return readSelectedWorkPool(lastOf(results));
}
