import type { Micros } from "../../lib/time.ts";
import type { FlowCreate, FlowUpdate } from "../../schemas/flows.ts";
import type { Database, Sql } from "../client.ts";
import { deletedFlowsEvents, flowEvent } from "../events/flows.ts";
import type { Stamp } from "../events/write.ts";
import { lastOf, touched } from "../sql/rows.ts";
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
  const set = flows.set(update);
  // A later `updated` than any before: cached facts of the flow are proved by it.
  const version = sql`updated = max(${stamp.now}, updated + 1)`;
  const [updated] = await db.write([
    sql`update flow set ${set.sql === "" ? version : sql`${version}, ${set}`} where id = ${id} returning id`,
    ...(update.tags === undefined ? [] : replaceTags("flow", id, update.tags)),
    flowEvent("updated", stamp, sql`f.id = ${id}`),
  ]);
  return touched(updated);
}

/** Returns the statements that delete flows with their deployments and runs; the last one returns their ids. */
export function deleteFlows(ids: Sql, eventIds: readonly string[], now: Micros): Sql[] {
  return [deletedFlowsEvents(ids, eventIds, now), sql`delete from flow where id in (${ids}) returning id`];
}

/** Returns the statement for the ids of flow runs of these flows; an index has this order, runs that have ended are among the first. */
export const selectRunsOfFlows = (ids: Sql, limit: number): Sql =>
  sql`select r.id from (${ids}) f cross join flow_run r on r.flow_id = f.id order by r.state_type, r.flow_version, r.start_time limit ${limit}`;
