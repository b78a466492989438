import type { Micros } from "../../lib/time.ts";
import type { ResultSet, Sql } from "../client.ts";
import { rowMapper } from "../sql/rows.ts";
import { numberOrNull, selection } from "../sql/selection.ts";
import { raw, sql } from "../sql/tag.ts";
import { type WorkPoolRow, workPool } from "../tables/work-pools.ts";
import { slotsOfPool } from "../work-queues/slots.ts";

/** The rows of work pools. */
export const pools = rowMapper(workPool);

/** A stored pool with the values that its response computes. */
export interface StoredWorkPool {
  readonly row: WorkPoolRow;
  /** Null without a limit. */
  readonly active_slots: number | null;
  /** Until when the last of its workers is ONLINE; null without workers. */
  readonly online_until: Micros | null;
}

/** The expression for the time until which a worker is ONLINE, as in domain/work-pools/statuses. */
export const onlineUntil = (alias: string): Sql =>
  raw(`${alias}.last_heartbeat_time + 3000000 * coalesce(nullif(${alias}.heartbeat_interval_seconds, 0), 30)`);

/** The selection of pools (alias p) with what is computed of them. */
export const storedPools = selection({
  row: pools.cells("p"),
  active_slots: numberOrNull(`case when p.concurrency_limit is not null then ${slotsOfPool} end`),
  online_until: numberOrNull(sql`(select max(${onlineUntil("w")}) from worker w where w.work_pool_id = p.id)`),
});

/** The statement that reads a pool by its exact name. */
export const selectWorkPool = (name: string): Sql => sql`select ${storedPools.columns} from work_pool p where p.name = ${name}`;

/** Returns the pool that `selectWorkPool` found, or null. */
export const readSelectedWorkPool = (result: ResultSet | undefined): StoredWorkPool | null => storedPools.first(result);
