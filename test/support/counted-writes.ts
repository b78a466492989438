import type { Database, Sql } from "../../src/store/client.ts";
import type { TestApp } from "./app.ts";

/** A write transaction: how many rows it changed, those of foreign keys and triggers included, and how long it took. */
export interface CountedWrite {
  readonly rows: number;
  readonly milliseconds: number;
}

const total: Sql = { sql: "select total_changes()", args: [] };

/** Has the writes of the app's requests counted from now on; `before` is called ahead of each. */
export function countWrites(app: TestApp, before: (count: number) => void = () => undefined): CountedWrite[] {
  const writes: CountedWrite[] = [];
  app.wrapDatabase((db) => countedDatabase(db, writes, before));
  return writes;
}

/** Returns the database with its writes counted. */
export const countedDatabase = (
  db: Database,
  writes: CountedWrite[],
  before: (count: number) => void = () => undefined,
): Database => ({
  ...db,
  write: async (statements) => {
    before(writes.length);
    const start = performance.now();
    const [first, ...results] = await db.write([total, ...statements, total]);
    const last = results.pop();
    writes.push({
      rows: Number(last?.rows[0]?.[0]) - Number(first?.rows[0]?.[0]),
      milliseconds: performance.now() - start,
    });
    return results;
  },
});
