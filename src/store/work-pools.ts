import type { Stamps } from "../domain/surroundings.ts";
import type { UpdateDecision } from "../domain/work-pools/updates.ts";
import type { Predicate } from "../filters/predicate.ts";
import type { Rows } from "../lib/rows.ts";
import type { Micros } from "../lib/time.ts";
import type { WorkPoolUpdate } from "../schemas/work-pools.ts";
import { ConstraintViolation, type Database, type ResultSet, type Sql } from "./client.ts";
import { statusEventNames, workPoolEvent, workPoolStatusEvent } from "./events/work-pools.ts";
import { workQueueEvents } from "./events/work-queues.ts";
import type { StatusChange } from "./events/write.ts";
import { listOfMatching, readRows, rowsOf } from "./slices.ts";
import { emit } from "./sql/emit.ts";
import { countQuery } from "./sql/page.ts";
import { readCount, rowMapper, touched } from "./sql/rows.ts";
import { flag, numberOrNull, oneByOne, selection } from "./sql/selection.ts";
import { raw, sql } from "./sql/tag.ts";
import { type WorkPoolRow, workPool } from "./tables/work-pools.ts";
import { createDefaultQueue } from "./work-queues/create.ts";
import { slotsOfPool } from "./work-queues/slots.ts";

const pools = rowMapper(workPool);

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

const storedPools = selection({
  row: pools.cells("p"),
  active_slots: numberOrNull(`case when p.concurrency_limit is not null then ${slotsOfPool} end`),
  online_until: numberOrNull(sql`(select max(${onlineUntil("w")}) from worker w where w.work_pool_id = p.id)`),
});

/** The statement that reads a pool by its exact name. */
export const selectWorkPool = (name: string): Sql => sql`select ${storedPools.columns} from work_pool p where p.name = ${name}`;

/** Returns the pool that `selectWorkPool` found, or null. */
export const readSelectedWorkPool = (result: ResultSet | undefined): StoredWorkPool | null => storedPools.first(result);

/** Returns the pool by its exact name, or null. */
export const readWorkPool = async (db: Database, name: string): Promise<StoredWorkPool | null> =>
  readSelectedWorkPool(await db.execute(selectWorkPool(name)));

/** Returns the pools that match, by name. */
export const listWorkPools = (
  db: Database,
  { where, limit, offset }: { where: Predicate; limit: number; offset: number },
): Promise<Rows<StoredWorkPool>> =>
  readRows(
    db,
    listOfMatching(
      { where: emit(where, "p"), limit, offset },
      {
        ...rowsOf(pools, "p", "id"),
        ...oneByOne(storedPools),
        order: "p.name ASC, p.id ASC",
      },
    ),
  );

/** Returns the number of pools that match. */
export const countWorkPools = async (db: Database, where: Predicate): Promise<number> =>
  readCount(await db.execute(countQuery({ from: "work_pool p", where: emit(where, "p") })));

const isPool = (id: string): Sql => sql`p.id = ${id}`;
const isNamed = (name: string): Sql => sql`p.name = ${name}`;

const wordOf = (status: string): StatusChange => statusEventNames[status] ?? "not-ready";

/**
 * Stores a new pool with its default queue and the events of both, with the event of the pool's first status on request; returns
 * false when the name is taken.
 */
export async function createWorkPool(
  db: Database,
  row: WorkPoolRow,
  { tellsStatus, ...stamps }: Stamps & { readonly tellsStatus: boolean },
): Promise<boolean> {
  const default_queue_id = row.default_queue_id ?? stamps.newId();
  try {
    await db.write([
      pools.insert({ ...row, default_queue_id }),
      ...createDefaultQueue({ id: row.id, default_queue_id }, stamps),
      ...(tellsStatus
        ? [workPoolStatusEvent(wordOf(row.status), { id: stamps.newId(), occurred: stamps.now() }, isPool(row.id))]
        : []),
    ]);
    return true;
  } catch (error) {
    if (error instanceof ConstraintViolation && error.columns.includes("work_pool.name")) return false;
    throw error;
  }
}

/** Returns the pool by name and whether one of its workers is ONLINE; null if there is none. */
export async function loadForUpdate(
  db: Database,
  name: string,
  now: Micros,
): Promise<{ row: WorkPoolRow; online: boolean } | null> {
  const loaded = selection({
    row: pools.cells("p"),
    online: flag(sql`exists (
        select 1 from worker w where w.work_pool_id = p.id and w.status = 'ONLINE' and ${onlineUntil("w")} > ${now})`),
  });
  return loaded.first(await db.execute(sql`select ${loaded.columns} from work_pool p where p.name = ${name}`));
}

/**
 * Optimistic lock: writes a decided update if `updated` is still as loaded, since it increases with every change; returns false
 * if it is not.
 */
export async function commitUpdate(
  db: Database,
  loaded: WorkPoolRow,
  update: WorkPoolUpdate,
  { status, difference }: UpdateDecision,
  stamps: Stamps,
): Promise<boolean> {
  const unchanged: Sql = sql`p.id = ${loaded.id} and p.updated = ${loaded.updated}`;
  const event = { id: stamps.newId(), occurred: stamps.now() };
  const { is_paused, base_job_template, storage_configuration, ...rest } = update;
  const set = pools.set({
    ...rest,
    ...(typeof is_paused === "boolean" && { is_paused }),
    ...(base_job_template !== null && { base_job_template }),
    ...(storage_configuration !== null && { storage_configuration }),
    ...(status !== null && { status, last_status_event_id: event.id, last_status_event_time: event.occurred }),
    updated: Math.max(event.occurred, loaded.updated + 1),
  });
  const results = await db.write([
    ...(status === null ? [] : [workPoolStatusEvent(wordOf(status), event, unchanged)]),
    ...(difference === null ? [] : [workPoolEvent("updated", stamps, unchanged, difference)]),
    sql`update work_pool set ${set} where id = ${loaded.id} and updated = ${loaded.updated} returning id`,
  ]);
  return touched(results.at(-1));
}

/** Deletes the pool with its queues and workers; returns false if there is no such pool. */
export async function deleteWorkPool(db: Database, name: string, stamps: Stamps): Promise<boolean> {
  const results = await db.write([
    workQueueEvents("deleted", stamps, isNamed(name)),
    workPoolEvent("deleted", stamps, isNamed(name)),
    sql`delete from work_pool where name = ${name} returning id`,
  ]);
  return touched(results.at(-1));
}
