import { ConstraintViolation, type Database, type Sql } from "../client.ts";
import type { Prepared } from "./table.ts";

/** Stores rows in one batch, or one after the other where one of them is refused; returns the reasons by id. */
export async function storeRows(db: Database, rows: readonly Prepared[], after: readonly Sql[]): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const write = (some: readonly Prepared[]) =>
    db.write([...some.map((one) => one.insert), ...some.flatMap((one) => one.after), ...after]);
  if (rows.length === 0) return refused;
  try {
    await write(rows);
  } catch (error) {
    if (!(error instanceof ConstraintViolation)) throw error;
    for (const one of rows) {
      const reason = await reasonOf(() => write([one]));
      if (reason !== null) refused.set(one.id, reason);
    }
  }
  return refused;
}

async function reasonOf(write: () => Promise<unknown>): Promise<string | null> {
  try {
    await write();
    return null;
  } catch (error) {
    if (!(error instanceof ConstraintViolation)) throw error;
    if (error.kind === "foreign_key") return "something that it refers to is not here";
    return error.kind === "unique" ? `another object has its ${error.columns}` : "a value that has to be there is missing";
  }
}
