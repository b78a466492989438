import type { Database, ResultSet, Sql } from "./client.ts";
import { type List, type Read, readList } from "./slices.ts";
import { readCount } from "./sql/rows.ts";
import { sql } from "./sql/tag.ts";

// SQLite finds the largest rowid without counting; deleted rows count, too.
const largestTable: Sql = sql`select max(coalesce((select max(rowid) from flow_run), 0), coalesce((select max(rowid) from task_run), 0),
    coalesce((select max(rowid) from deployment), 0), coalesce((select max(rowid) from flow), 0))`;

/** A page or a count, by the statement that suits the size of the tables. */
export type Sized<T> = (isSmall: boolean) => T;

/**
 * Reads a page of runs, flows or deployments and further statements, as `readList` does; periodically also the size of their
 * tables.
 */
export async function readSizedList<T>(
  { db, list }: { db: Database; list: Sized<List<T>> },
  ...beside: readonly Sized<Sql>[]
): Promise<Read<T>> {
  const isSmall = db.sizes.areSmall();
  const others = beside.map((one) => one(isSmall));
  if (!db.sizes.isDue()) return readList(db, list(isSmall), ...others);
  const read = await readList(db, list(isSmall), ...others, largestTable);
  db.sizes.note(readCount(read.beside.at(-1)));
  return read;
}

/** Reads a count of runs, flows or deployments. */
export async function readSizedCount(db: Database, count: Sized<Sql>): Promise<number> {
  const statement = count(db.sizes.areSmall());
  if (!db.sizes.isDue()) return readCount(await db.execute(statement));
  const [found, size]: (ResultSet | undefined)[] = await db.read([statement, largestTable]);
  db.sizes.note(readCount(size));
  return readCount(found);
}
