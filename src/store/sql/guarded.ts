import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { ConstraintViolation, type Database, type InValue, type ResultSet, type Sql } from "../client.ts";
import { configuration } from "../tables/configuration.ts";
import { touched } from "./rows.ts";
import { type Guard, joined, raw, sql } from "./tag.ts";

/**
 * Optimistic locking. A decision is made from rows that were read before; its write names what it depends on as a guard (`hasAsRead`,
 * free slots, …) and changes nothing where the guard does not hold at its beginning: the service then loads and decides again.
 */

/** A row as it was read: its id, and the columns that change with it. */
type Read = Readonly<Record<string, InValue>> & { readonly id: string };

/** Returns the condition that finds a row of a statement's table only as it was read. */
export const isAsRead = ({ id, ...columns }: Read): Guard =>
  joined([sql`id = ${id}`, ...Object.entries(columns).map(([name, value]) => sql`${raw(name)} is ${value}`)], " and ");

/** Returns the guard that a table still has a row as it was read. */
export const hasAsRead = (table: SQLiteTable, read: Read): Guard => sql`exists (select 1 from ${table} where ${isAsRead(read)})`;

// A row without a key breaks the NOT NULL constraint of its table, which rolls the batch back. No row is ever stored.
const rollBackUnless = (guard: Guard): Sql =>
  sql`insert into ${configuration} (key, created, updated, value) select null, 0, 0, '' where not (${guard})`;

const isRolledBack = (error: unknown): boolean =>
  error instanceof ConstraintViolation && error.kind !== "unique" && error.columns.includes("configuration.key");

/** Writes a batch if the guard holds at its beginning; returns its results, null where nothing was written. */
export async function writeIf(db: Database, guard: Guard, statements: readonly Sql[]): Promise<readonly ResultSet[] | null> {
  try {
    return (await db.write([rollBackUnless(guard), ...statements])).slice(1);
  } catch (error) {
    if (isRolledBack(error)) return null;
    throw error;
  }
}

/**
 * Writes independent groups of statements in one batch; in each the first statement has the guard in its condition and returns a row if it
 * holds, and the others have the condition that it did. Returns how many groups were written. No round trip for an empty list.
 */
export async function writeEachIf(db: Database, groups: readonly (readonly Sql[])[]): Promise<number> {
  if (groups.length === 0) return 0;
  const results = await db.write(groups.flat());
  let position = 0;
  let written = 0;
  for (const statements of groups) {
    if (touched(results[position])) written++;
    position += statements.length;
  }
  return written;
}
