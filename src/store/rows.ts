import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { isJsonObject, parseColumns, stringifyJson } from "../schemas/json.ts";
import type { InValue, ResultSet, Sql } from "./client.ts";
import { sql } from "./sql/tag.ts";

type Row<T extends SQLiteTable> = T["$inferSelect"];

/** What the drizzle definition of a table tells: read once, used for every statement and row. */
export interface RowMapper<T extends SQLiteTable> {
  readonly table: string;
  readonly names: readonly string[];
  /** The columns for a select list, each with the alias: `f.id, f.created …`. */
  columns(alias: string): string;
  /** An expression for a row's size in bytes, about: its texts. */
  size(alias: string): string;
  /** Returns the typed rows of a result whose columns from `offset` on are `columns()`. */
  rows(result: ResultSet, offset?: number): Row<T>[];
  row(values: ArrayLike<unknown>, offset?: number): Row<T>;
  /** An expression that gives a whole row as one JSON text, for `fromJson`. */
  jsonObject(alias: string): string;
  /** Returns the row of a `jsonObject`, null for null. */
  fromJson(text: unknown): Row<T> | null;
  /** Returns `insert into … (all columns) values (…)`; a missing member is null. `suffix` goes behind (`on conflict …`). */
  insert(row: Row<T>, suffix?: string): Sql;
  /** Returns the bound values of a row in the order of the columns. */
  values(row: Row<T>): InValue[];
  /** Returns `set a = ?, b = ?` with its values for the members that are there (undefined: left out). */
  set(changes: Partial<Row<T>>): Sql;
}

const quote = (name: string) => `"${name}"`;

type Decode = ((value: unknown) => unknown) | null;

const isPlain = (column: SQLiteColumn) => column.columnType !== "SQLiteCustomColumn" || column.getSQLType() === "integer";

function decoder(column: SQLiteColumn): Decode {
  const isFlag = column.columnType === "SQLiteCustomColumn" && column.mapToDriverValue(true) === 1;
  return isPlain(column) && !isFlag ? null : (value) => column.mapFromDriverValue(value);
}

/** Makes the mapper of a table; done once per table when the module is read. */
export function rowMapper<T extends SQLiteTable>(table: T): RowMapper<T> {
  const columns = Object.entries(getTableColumns(table));
  const names = columns.map(([name]) => name);
  const decoders = columns.map(([, column]) => decoder(column));
  const tableName = getTableName(table);
  const insertSql = `insert into ${quote(tableName)} (${names.map(quote).join(", ")}) values (${names.map(() => "?").join(", ")})`;
  const byName = new Map(columns);

  const row = (values: ArrayLike<unknown>, offset = 0): Row<T> => {
    const made: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const value = values[offset + i];
      const decode = decoders[i];
      made[names[i] ?? ""] = value === null || value === undefined ? null : decode ? decode(value) : value;
    }
    return asRow<T>(made);
  };
  const encode = (name: string, value: unknown): InValue =>
    value === null || value === undefined ? null : asInValue(byName.get(name)?.mapToDriverValue(value));

  return {
    table: tableName,
    names,
    size: (alias) =>
      sizeOf(columns.filter(([, column]) => column.getSQLType() === "text").map(([name]) => `${alias}.${quote(name)}`)),
    columns: (alias) => names.map((name) => `${alias}.${quote(name)}`).join(", "),
    row,
    rows: (result, offset) => result.rows.map((values) => row(values, offset)),
    jsonObject: (alias) => `json_object(${names.map((name) => `'${name}', ${alias}.${quote(name)}`).join(", ")})`,
    fromJson(text) {
      if (typeof text !== "string") return null;
      const members = parseColumns(text);
      return isJsonObject(members) ? row(names.map((name) => members[name])) : null;
    },
    values: (record) => names.map((name) => encode(name, record[name as keyof typeof record])),
    insert(record, suffix) {
      return { sql: suffix === undefined ? insertSql : `${insertSql} ${suffix}`, args: this.values(record) };
    },
    set(changes) {
      const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
      return {
        sql: changed.map(([name]) => `${quote(checkedName(byName, name))} = ?`).join(", "),
        args: changed.map(([name, value]) => encode(name, value)),
      };
    },
  };
}

/** Returns the expression for the bytes of some text columns: SQLite knows a text's length without reading it. */
export const sizeOf = (texts: readonly string[]): string => texts.map((text) => `coalesce(octet_length(${text}), 0)`).join(" + ");

function checkedName(columns: ReadonlyMap<string, unknown>, name: string): string {
  if (!columns.has(name)) throw new Error(`no such column: ${name}`);
  return name;
}

// The one place where rows get their type: the drizzle definition that made the column list also made the type.
const asRow = <T extends SQLiteTable>(made: Record<string, unknown>): Row<T> => made as Row<T>;
const asInValue = (value: unknown): InValue => value as InValue;

/**
 * A select list that gives each row as one JSON text, for `unpackRows`: a wide row of fifty cells costs the server and the Worker much
 * less that way than fifty cells of the protocol.
 */
export const packRow = (columns: string): string => `json_array(${columns})`;

/** Returns the rows of a result whose only column is `packRow`, one by one. */
export function* unpackRows(result: ResultSet | undefined): Generator<unknown[], void, undefined> {
  for (const row of result?.rows ?? []) {
    const values = parseColumns(String(row[0]));
    yield Array.isArray(values) ? values : [];
  }
}

/** Returns the statement that gives these ids, for the places that take a statement of ids. */
export const listOfIds = (ids: readonly string[]): Sql => sql`select value from json_each(${stringifyJson(ids)})`;

/** Returns the number that a count statement gave. */
export const readCount = (result: ResultSet | undefined): number => Number(result?.rows[0]?.[0] ?? 0);

/** Returns the last result of a batch: what is true after it. */
export function lastOf(results: readonly ResultSet[]): ResultSet {
  const last = results.at(-1);
  if (last === undefined) throw new Error("the batch gave no result");
  return last;
}

/** Tells whether a `returning` statement touched a row. */
export const touched = (result: ResultSet | undefined): boolean => result !== undefined && result.rows.length > 0;
