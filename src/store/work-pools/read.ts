import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { emit } from "../sql/emit.ts";
import { countQuery } from "../sql/page.ts";
import { readCount } from "../sql/rows.ts";
import { oneByOne } from "../sql/selection.ts";
import { pools, readSelectedWorkPool, type StoredWorkPool, selectWorkPool, storedPools } from "./rows.ts";

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
