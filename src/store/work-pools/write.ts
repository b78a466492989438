import type { Stamps } from "../../domain/surroundings.ts";
import type { UpdateDecision } from "../../domain/work-pools/updates.ts";
import type { WorkPoolUpdate } from "../../schemas/work-pools.ts";
import type { Sql } from "../client.ts";
import { ConstraintViolation, type Database } from "../client.ts";
import { statusEventNames, workPoolEvent, workPoolStatusEvent } from "../events/work-pools.ts";
import { workQueueEvents } from "../events/work-queues.ts";
import type { StatusChange } from "../events/write.ts";
import { hasAsRead, writeIf } from "../sql/guarded.ts";
import { touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { WorkPoolRow } from "../tables/work-pools.ts";
import { workPool } from "../tables/work-pools.ts";
import { createDefaultQueue } from "../work-queues/create.ts";
import { pools } from "./rows.ts";

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

/** Writes a decided update if `updated` is still as loaded, since it increases with every change; returns false if it is not. */
export async function commitUpdate(
  db: Database,
  loaded: WorkPoolRow,
  update: WorkPoolUpdate,
  { status, difference }: UpdateDecision,
  stamps: Stamps,
): Promise<boolean> {
  const { id, updated } = loaded;
  const event = { id: stamps.newId(), occurred: stamps.now() };
  const { is_paused, base_job_template, storage_configuration, ...rest } = update;
  const set = pools.set({
    ...rest,
    ...(typeof is_paused === "boolean" && { is_paused }),
    ...(base_job_template !== null && { base_job_template }),
    ...(storage_configuration !== null && { storage_configuration }),
    ...(status !== null && { status, last_status_event_id: event.id, last_status_event_time: event.occurred }),
    updated: Math.max(event.occurred, updated + 1),
  });
  const results = await writeIf(db, hasAsRead(workPool, { id, updated }), [
    ...(status === null ? [] : [workPoolStatusEvent(wordOf(status), event, isPool(id))]),
    ...(difference === null ? [] : [workPoolEvent("updated", stamps, isPool(id), difference)]),
    sql`update work_pool set ${set} where id = ${id}`,
  ]);
  return results !== null;
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
