import type { Predicate } from "../filters/predicate.ts";
import type { Rows } from "../lib/rows.ts";
import type { Micros } from "../lib/time.ts";
import type { FlowCreate, FlowUpdate } from "../schemas/flows.ts";
import type { FlowSort } from "../schemas/sorting.ts";
import type { Database, Sql } from "./client.ts";
import { deletedFlowsEvents, flowEvent } from "./events/flows.ts";
import type { Stamp } from "./events/write.ts";
import { readSizedCount, readSizedList } from "./sized-lists.ts";
import { type List, listOfChosen, rowsOf } from "./slices.ts";
import { orderFlows } from "./sql/order.ts";
import { flowCountQuery, flowIdsQuery } from "./sql/page.ts";
import { lastOf, readCount, readIds, rowMapper, touched } from "./sql/rows.ts";
import { sql } from "./sql/tag.ts";
import { type FlowRow, flow } from "./tables/flows.ts";
import { addTags, replaceTags } from "./tags.ts";

const flows = rowMapper(flow);

const selectFlow = sql`select ${flows.columns("f")} from flow f`;

/** Returns the flow, or null. */
export async function readFlow(db: Database, id: string): Promise<FlowRow | null> {
  const result = await db.execute(sql`${selectFlow} where f.id = ${id}`);
  return flows.first(result);
}

/** Returns the flow by its exact name, or null. */
export async function readFlowByName(db: Database, name: string): Promise<FlowRow | null> {
  const result = await db.execute(sql`${selectFlow} where f.name = ${name}`);
  return flows.first(result);
}

/** Returns the flows that match, in the order of the sort. */
export const listFlows = (db: Database, list: FlowList): Promise<Rows<FlowRow>> =>
  readSizedList({ db, list: (isSmall) => listOf({ ...list, isSmall }) }).then(({ rows }) => rows);

/** Returns a page of the flows that match and the total number. */
export async function pageFlows(db: Database, list: FlowList): Promise<{ rows: Rows<FlowRow>; count: number }> {
  const { rows, beside } = await readSizedList({ db, list: (isSmall) => listOf({ ...list, isSmall }) }, (isSmall) =>
    flowCountQuery({ where: list.where, isSmall }),
  );
  return { rows, count: readCount(beside[0]) };
}

/** Returns the number of flows that match. */
export const countFlows = (db: Database, where: Predicate): Promise<number> =>
  readSizedCount(db, (isSmall) => flowCountQuery({ where, isSmall }));

interface FlowList {
  readonly where: Predicate;
  readonly sort: FlowSort;
  readonly limit: number;
  readonly offset: number;
}

const listOf = (list: FlowList & { readonly isSmall: boolean }): List<FlowRow> =>
  listOfChosen(flowIdsQuery(list), { ...rowsOf(flows, "f", "id"), order: orderFlows(list.sort, "f") });

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

/** Returns the ids of the first flows by name that match. */
export const listFlowIds = async (db: Database, where: Predicate, limit: number): Promise<string[]> =>
  readIds(await db.execute(flowIdsQuery({ where, sort: "NAME_ASC", limit, offset: 0 })));

/** Returns the statements that delete flows with their deployments and runs; the last one returns their ids. */
export function deleteFlows(ids: Sql, eventIds: readonly string[], now: Micros): Sql[] {
  return [deletedFlowsEvents(ids, eventIds, now), sql`delete from flow where id in (${ids}) returning id`];
}

/** Returns the statement for the ids of flow runs of these flows; an index has this order, runs that have ended are among the first. */
export const selectRunsOfFlows = (ids: Sql, limit: number): Sql =>
  sql`select r.id from (${ids}) f cross join flow_run r on r.flow_id = f.id order by r.state_type, r.flow_version, r.start_time limit ${limit}`;
