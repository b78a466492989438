import type { AuditEntry } from "../../domain/audit.ts";
import type { Micros } from "../../lib/time.ts";
import { type Database, isWriteStatement, type Sql } from "../client.ts";
import { sql } from "../sql/tag.ts";
import { firstPosition, positionsOfTime, auditRows as rows } from "./rows.ts";

/** A database whose writes are told by the audit, until the request has ended. */
export interface AuditedDatabase extends Database {
  /** What is written from now on is no part of the request. */
  end(): void;
}

/**
 * Returns the database with a row of the audit in each write batch that changes something: the first such batch of a request tells it, in its
 * own transaction. A batch that changes nothing takes its row back. No round trip more.
 */
export function auditedDatabase(db: Database, entry: AuditEntry, now: () => Micros): AuditedDatabase {
  let { object } = entry;
  let occurred: Micros | undefined;
  let batches = 0;
  // A request needs no second row. Until one is known to be committed, each batch brings it: the answer of the last one may be lost.
  let isOver = false;
  const write: Database["write"] = async (statements) => {
    if (isOver) return db.write(statements);
    occurred ??= now();
    const told = statementsOf({ ...entry, object }, `${++batches}`, occurred);
    const results = await db.write([told.before, ...statements, told.after]);
    if (results.at(-1)?.rowsAffected === 0) isOver = true;
    return results.slice(1, -1);
  };
  return {
    ...db,
    write,
    execute: async (statement) => {
      if (isOver || !isWriteStatement(statement)) return db.execute(statement);
      const [result] = await write([statement]);
      return result ?? { rows: [], rowsAffected: 0 };
    },
    about: (named) => {
      object = { ...object, ...named };
    },
    end: () => {
      isOver = true;
    },
  };
}

// `total_changes()` counts the rows that this connection has changed, by foreign keys and triggers, too. The row notes it, and is deleted
// where the count is only higher by the row itself. The mark names the batch, so that none deletes the row of another one.
function statementsOf({ id, actor, operation, kind, object, request_id }: AuditEntry, batch: string, occurred: Micros) {
  const row = {
    id,
    occurred,
    principal_type: actor.type,
    principal_id: actor.id,
    principal: actor.name,
    role: actor.role,
    operation,
    object_kind: kind,
    object_id: object.id ?? null,
    object_name: object.name ?? null,
    object_count: object.count ?? null,
    request_id,
  };
  const mark = sql`${batch} || ':' || total_changes()`;
  const position = sql`coalesce((select max(position) + 1 from audit where ${isOf(occurred)}), cast(${firstPosition(occurred)} as integer))`;
  const before = sql`${rows.insertInto} select ${rows.values(row, { position, mark })}
    where not exists (select 1 from audit where ${isOf(occurred)} and id = ${id}) on conflict do nothing`;
  const after: Sql = sql`delete from audit where ${isOf(occurred)} and id = ${id} and mark = ${batch} || ':' || (total_changes() - 1)`;
  return { before, after };
}

// The positions that a row of this time may have. The range has the rows of 64 ms, so that a search through it reads few rows.
const isOf = (occurred: Micros) =>
  sql`position >= ${firstPosition(occurred)} and position < ${firstPosition(occurred) + positionsOfTime}`;
