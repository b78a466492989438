import type { Predicate } from "../../filters/predicate.ts";
import type { Micros } from "../../lib/time.ts";
import type { FlowCreate, FlowUpdate } from "../../schemas/flows.ts";
import type { Database } from "../client.ts";
import { deletedFlowsEvents, flowEvent } from "../events/flows.ts";
import type { Stamp } from "../events/write.ts";
import { flowIdsQuery } from "../sql/page.ts";
import { lastOf, readIds, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { FlowRow } from "../tables/flows.ts";
import { addTags, replaceTags } from "../tags.ts";
import { flows, selectFlow } from "./rows.ts";

/** Inserts the flow unless its name is taken; returns the flow of that name and whether it is the new one. */
export async function createFlow(
  db: Database,
  id: string,
  create: FlowCreate,
  stamp: Stamp,
): Promise<{ row: FlowRow; created: boolean }> {
  const row: FlowRow = { id, created: stamp.now, updated: stamp.now, ...create };
  const results = await db.write([
    flows.insert(row, "on conflict (name) do nothing"),
    ...addTags("flow", id, create.tags),
    flowEvent("created", stamp, sql`f.id = ${id}`),
    sql`${selectFlow} where f.name = ${create.name}`,
  ]);
  const stored = flows.first(lastOf(results));
  if (stored === null) throw new Error("the flow went while it was made");
  return { row: stored, created: stored.id === id };
}

/** Sets the sent columns of a flow; returns false if there is no such flow. */
export async function updateFlow(db: Database, id: string, update: FlowUpdate, stamp: Stamp): Promise<boolean> {
  const set = flows.set({ ...update, updated: stamp.now });
  const [updated] = await db.write([
    sql`update flow set ${set} where id = ${id} returning id`,
    ...(update.tags === undefined ? [] : replaceTags("flow", id, update.tags)),
    flowEvent("updated", stamp, sql`f.id = ${id}`),
  ]);
  return touched(updated);
}

/** Deletes the flow with its deployments and runs; returns false if there is no such flow. */
export async function deleteFlow(db: Database, id: string, stamp: Stamp): Promise<boolean> {
  const [, deleted] = await db.write([
    flowEvent("deleted", stamp, sql`f.id = ${id}`),
    sql`delete from flow where id = ${id} returning id`,
  ]);
  return touched(deleted);
}

/** Deletes the first flows by name that match; returns their ids. `eventIds` holds one id for each of them. */
export async function deleteFlows(db: Database, where: Predicate, eventIds: readonly string[], now: Micros): Promise<string[]> {
  const chosen = flowIdsQuery({ where, sort: "NAME_ASC", limit: eventIds.length, offset: 0 });
  const [, deleted] = await db.write([
    deletedFlowsEvents(chosen, eventIds, now),
    sql`delete from flow where id in (${chosen}) returning id`,
  ]);
  return readIds(deleted);
}
