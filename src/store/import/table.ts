import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { stringifyJson } from "../../lib/json.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { asMembers, listOfIds, type RowMapper } from "../sql/rows.ts";
import { selection, text } from "../sql/selection.ts";
import { joined, nothing, raw, sql } from "../sql/tag.ts";

/** A row by its columns, as stored or as made from another server's object. */
export type ImportedRow = Readonly<Record<string, unknown>>;

/** A row of another server to be stored with its id, and the statements for what is derived from it. */
export interface Prepared {
  readonly id: string;
  readonly row: ImportedRow;
  readonly insert: Sql;
  readonly after: readonly Sql[];
  /** Characters of the statements' values, about. */
  readonly size: number;
}

/** A table that takes rows of another server. */
export interface ImportTable<Row> {
  prepare(row: Row, after?: readonly Sql[]): Prepared;
  /** Returns the stored rows with these ids. */
  stored(db: Database, prepared: readonly Prepared[]): Promise<Map<string, ImportedRow>>;
  /** Returns the ids of stored rows that have the unique values of these rows, by the id of the row that wants them. */
  owners(db: Database, prepared: readonly Prepared[]): Promise<Map<string, string>>;
}

interface Options {
  /** The columns, all of them texts, that are unique together beside the id. */
  readonly unique?: readonly [string] | readonly [string, string];
  /** An indexed column of times to find rows by where the id has no index. */
  readonly near?: string;
  /** The column that the database numbers. */
  readonly numbered?: string;
}

const owner = selection({ wanted: text("w.value ->> 0"), stored: text("o.id") });

/** Makes the table of a mapper ready for rows of another server. */
export function importTable<T extends SQLiteTable>(
  mapper: RowMapper<T>,
  { unique, near, numbered }: Options = {},
): ImportTable<Omit<T["$inferSelect"], "position">> {
  const select = sql`select ${mapper.columns("o")} from ${raw(`"${mapper.table}"`)} o where`;
  const rowsOf = (result: ResultSet): ImportedRow[] => mapper.rows(result).map((row) => Object.fromEntries(Object.entries(row)));
  return {
    prepare(wanted, after = []) {
      const row: Record<string, unknown> = { ...wanted, ...(numbered !== undefined && { [numbered]: null }) };
      const insert = mapper.insert(asMembers<T["$inferSelect"]>(row));
      const size = stringifyJson(row).length;
      return { id: String(row.id), row, insert, after, size };
    },
    async stored(db, prepared) {
      if (prepared.length === 0) return new Map();
      const ids = listOfIds(prepared.map(({ id }) => id));
      const found = await db.execute(sql`${select} o.id in (${ids})${near === undefined ? nothing : between(near, prepared)}`);
      return new Map(rowsOf(found).map((row) => [String(row.id), row]));
    },
    async owners(db, prepared) {
      if (unique === undefined || prepared.length === 0) return new Map();
      const wanted = stringifyJson(prepared.map(({ id, row }) => [id, ...unique.map((name) => row[name])]));
      const same = unique.map((name, i) => sql`o.${raw(`"${name}"`)} = w.value ->> ${raw(i + 1)}`);
      const found = await db.execute(
        sql`select ${owner.columns} from json_each(${wanted}) w join ${raw(`"${mapper.table}"`)} o on ${joined(same, " and ")}`,
      );
      return new Map(owner.rows(found).map((one) => [one.wanted, one.stored]));
    },
  };
}

function between(column: string, prepared: readonly Prepared[]): Sql {
  const times = prepared.map(({ row }) => Number(row[column]));
  const first = times.reduce((one, two) => Math.min(one, two));
  const last = times.reduce((one, two) => Math.max(one, two));
  return sql` and o.${raw(`"${column}"`)} between ${first} and ${last}`;
}
