import type { Rows } from "../../lib/rows.ts";
import type { AuditList } from "../../schemas/audit.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { allOf, raw, sql } from "../sql/tag.ts";
import type { AuditRow } from "../tables/audit.ts";
import { auditRows, firstPosition, positionsOfTime } from "./rows.ts";

/** The columns that are filtered by one value, those with the fewest rows a value first: the first given one's index leads. */
const filtered = ["object_id", "object_name", "principal_id", "operation", "principal"] as const;

/** Returns rows of the audit, newest first. One round trip. */
export function listAudit(db: Database, { since, until, limit, offset, ...values }: AuditList): Promise<Rows<AuditRow>> {
  const given = filtered.flatMap((column) => {
    const value = values[column];
    return value === undefined ? [] : [{ column, value }];
  });
  const where = allOf([
    // A unary plus keeps a column's index from being chosen.
    ...given.map(({ column, value }, i) => sql`${raw(`${i === 0 ? "" : "+"}a.${column}`)} = ${value}`),
    ...(since === undefined ? [] : [sql`a.position >= ${firstPosition(since)} and a.occurred >= ${since}`]),
    ...(until === undefined ? [] : [sql`a.position < ${firstPosition(until) + positionsOfTime} and a.occurred < ${until}`]),
  ]);
  const parts = { ...rowsOf(auditRows, "a", "position"), order: "a.position desc" };
  return readRows(db, listOfMatching({ where, limit, offset }, parts));
}
