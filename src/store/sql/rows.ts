import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { isJsonObject, parseColumns, stringifyJson } from "../../lib/json.ts";
import type { InValue, ResultSet, Sql } from "../client.ts";
import { joined, nothing, raw, sql } from "./tag.ts";

type Row<T extends SQLiteTable> = T["$inferSelect"];

/** What the drizzle definition of a table tells: read once, used for every statement and row. */
export interface RowMapper<T extends SQLiteTable> {
  readonly table: string;
  readonly names: readonly string[];
  /** The columns for a select list, each with the alias: `f.id, f.created …`. */
  columns(alias: string): Sql;
  /** Returns the columns for a select list, and how a row is read from them. */
  cells(alias: string): { readonly columns: Sql; readonly width: number; read(values: ArrayLike<unknown>, at: number): Row<T> };
  /** An expression for a row's size in bytes, about: its texts. */
  size(alias: string): string;
  /** Returns the typed rows of a result whose columns are `columns()`. */
  rows(result: ResultSet | undefined): Row<T>[];
  /** Returns the first of these rows, null where there is none. */
  first(result: ResultSet | undefined): Row<T> | null;
  row(values: ArrayLike<unknown>, offset?: number): Row<T>;
  /** An expression that gives a whole row as one JSON text, for `fromJson`. */
  jsonObject(alias: string): Sql;
  /** Returns the row of a `jsonObject`, null for null. */
  fromJson(text: unknown): Row<T> | null;
  /** Returns `insert into … (all columns) values (…)`; a missing member is null. `suffix` goes behind (`on conflict …`). */
  insert(row: Row<T>, suffix?: string): Sql;
  /** Returns the same for a row that is stored only where the guard holds. */
  insertWhere(row: Row<T>, guard: Sql): Sql;
  /** `insert into … (all columns)`, before `select` or `values`. */
  readonly insertInto: Sql;
  /** Returns the values of a row in the order of the columns; an expression stands in for the value of its column. */
  values(row: Partial<Row<T>>, expressions?: Readonly<Record<string, Sql>>): Sql;
  /** Returns `a = ?, b = ?` with its values for the members that are there (undefined: left out). */
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
  const tableName = getTableName(table);
  const row = rowReader<Row<T>>(columns);
  const texts = columns.filter(([, column]) => column.getSQLType() === "text").map(([name]) => name);
  const columnsAs = onceByAlias((alias): Sql => raw(names.map((name) => `${alias}.${quote(name)}`).join(", ")));
  return {
    table: tableName,
    names,
    ...rowWriter<T>(tableName, columns),
    size: onceByAlias((alias) => sizeOf(texts.map((name) => `${alias}.${quote(name)}`))),
    columns: columnsAs,
    cells: onceByAlias((alias) => ({ columns: columnsAs(alias), width: names.length, read: row })),
    row,
    rows: (result) => (result?.rows ?? []).map((values) => row(values)),
    first: (result) => {
      const values = result?.rows[0];
      return values === undefined ? null : row(values);
    },
    jsonObject: (alias) => raw(`json_object(${names.map((name) => `'${name}', ${alias}.${quote(name)}`).join(", ")})`),
    fromJson(text) {
      if (typeof text !== "string") return null;
      const members = parseColumns(text);
      return isJsonObject(members) ? row(names.map((name) => members[name])) : null;
    },
  };
}

// A list of columns is a fiftieth of the CPU time of a page when it is written for each. Aliases stand in the code: they are few.
function onceByAlias<T>(make: (alias: string) => T): (alias: string) => T {
  const made = new Map<string, T>();
  return (alias) => {
    const known = made.get(alias);
    if (known !== undefined) return known;
    const value = make(alias);
    made.set(alias, value);
    return value;
  };
}

type Columns = readonly (readonly [name: string, column: SQLiteColumn])[];

function rowReader<R>(columns: Columns): (values: ArrayLike<unknown>, offset?: number) => R {
  const names = columns.map(([name]) => name);
  const decoders = columns.map(([, column]) => decoder(column));
  return (values, offset = 0) => {
    const made: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const value = values[offset + i];
      const decode = decoders[i];
      made[names[i] ?? ""] = value === null || value === undefined ? null : decode ? decode(value) : value;
    }
    return asMembers<R>(made);
  };
}

function rowWriter<T extends SQLiteTable>(
  table: string,
  columns: Columns,
): Pick<RowMapper<T>, "insertInto" | "values" | "insert" | "insertWhere" | "set"> {
  const names = columns.map(([name]) => name);
  const byName = new Map(columns);
  const insertInto = raw(`insert into ${quote(table)} (${names.map(quote).join(", ")})`);
  const places = names.map(() => "?").join(", ");
  const encode = (name: string, value: unknown): InValue =>
    value === null || value === undefined ? null : asInValue(byName.get(name)?.mapToDriverValue(value));
  const values = (record: Readonly<Record<string, unknown>>, expressions?: Readonly<Record<string, Sql>>): Sql =>
    expressions === undefined
      ? { sql: places, args: names.map((name) => encode(name, record[name])) }
      : joined(
          names.map((name) => expressions[name] ?? sql`${encode(name, record[name])}`),
          ", ",
        );
  return {
    insertInto,
    values,
    insert: (record, suffix) =>
      sql`${insertInto} values (${values(record)})${suffix === undefined ? nothing : raw(` ${suffix}`)}`,
    insertWhere: (record, guard) => sql`${insertInto} select ${values(record)} where ${guard}`,
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

/** Gives rows their type: what made the list of columns, a table's definition or a selection, also made the type. */
export const asMembers = <T>(made: Record<string, unknown>): T => made as T;
const asInValue = (value: unknown): InValue => value as InValue;

/** Returns the statement that gives these ids, for the places that take a statement of ids. */
export const listOfIds = (ids: readonly string[]): Sql => sql`select value from json_each(${stringifyJson(ids)})`;

/** Returns the number that a count statement gave. */
export const readCount = (result: ResultSet | undefined): number => Number(result?.rows[0]?.[0] ?? 0);

/** Returns the texts of the first column: what `returning id` gave, or a list of ids. */
export const readIds = (result: ResultSet | undefined): string[] => (result?.rows ?? []).map((values) => String(values[0]));

/** Returns the last result of a batch: what is true after it. */
export function lastOf(results: readonly ResultSet[]): ResultSet {
  const last = results.at(-1);
  if (last === undefined) throw new Error("the batch gave no result");
  return last;
}

/** Returns a result with its last row alone. */
export const lastRowOf = (result: ResultSet): ResultSet => ({ ...result, rows: result.rows.slice(-1) });

/** Tells whether a `returning` statement touched a row. */
export const touched = (result: ResultSet | undefined): boolean => result !== undefined && result.rows.length > 0;
