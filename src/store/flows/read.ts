import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { FlowSort } from "../../schemas/sorting.ts";
import type { Database } from "../client.ts";
import { readSizedCount, readSizedList } from "../sized-lists.ts";
import { type List, listOfChosen, rowsOf } from "../slices.ts";
import { orderFlows } from "../sql/order.ts";
import { flowCountQuery, flowIdsQuery } from "../sql/page.ts";
import { readCount, readIds } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { FlowRow } from "../tables/flows.ts";
import { flows, selectFlow } from "./rows.ts";

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

/** Returns the ids of the first flows by name that match. */
export const listFlowIds = async (db: Database, where: Predicate, limit: number): Promise<string[]> =>
  readIds(await db.execute(flowIdsQuery({ where, sort: "NAME_ASC", limit, offset: 0 })));

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
