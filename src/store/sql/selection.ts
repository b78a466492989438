import { type Json, parseColumns, parseJson } from "../../lib/json.ts";
import type { ResultSet, Sql } from "../client.ts";
import { asMembers } from "./rows.ts";
import { joined, raw, sql } from "./tag.ts";

/** Columns of a select list that stand side by side, and what their values are read as. */
export interface Cells<T> {
  readonly columns: Sql;
  /** How many columns these are. */
  readonly width: number;
  /** Returns what the values from a place on say. */
  read(values: ArrayLike<unknown>, at: number): T;
}

/** A whole select list, and how the rows of its results are read. */
export interface Selection<T> extends Cells<T> {
  rows(result: ResultSet | undefined): T[];
  /** Returns the first row, null where there is none. */
  first(result: ResultSet | undefined): T | null;
}

type Members<C> = { [Name in keyof C]: C[Name] extends Cells<infer T> ? T : never };

/** Returns a select list whose rows are objects: each member with the columns it is read from. Members may be selections themselves. */
export function selection<const C extends Readonly<Record<string, Cells<unknown>>>>(members: C): Selection<Members<C>> {
  const names = Object.keys(members);
  const cells: readonly Cells<unknown>[] = Object.values(members);
  const offsets: number[] = [];
  let width = 0;
  for (const one of cells) {
    offsets.push(width);
    width += one.width;
  }
  return only({
    columns: joined(
      cells.map(({ columns }) => columns),
      ", ",
    ),
    width,
    read: (values, at) => {
      const made: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) made[names[i] ?? ""] = cells[i]?.read(values, at + (offsets[i] ?? 0));
      return asMembers<Members<C>>(made);
    },
  });
}

/** Returns a select list whose rows are what these cells are read as. */
export const only = <T>({ columns, width, read }: Cells<T>): Selection<T> => ({
  columns,
  width,
  read,
  rows: (result) => (result?.rows ?? []).map((values) => read(values, 0)),
  first: (result) => {
    const values = result?.rows[0];
    return values === undefined ? null : read(values, 0);
  },
});

/** Returns cells that are read as something made of what other cells are read as. */
export const mapped = <T, U>({ columns, width, read }: Cells<T>, make: (value: T) => U): Cells<U> => ({
  columns,
  width,
  read: (values, at) => make(read(values, at)),
});

/** Returns cells that are null where the first of their columns is: what a left join has not found. */
export const optional = <T>({ columns, width, read }: Cells<T>): Cells<T | null> => ({
  columns,
  width,
  read: (values, at) => (values[at] === null || values[at] === undefined ? null : read(values, at)),
});

/** Returns one column and how its value is decoded; a text of SQL is the program's own. */
export const cell = <T>(expression: string | Sql, decode: (value: unknown) => T): Cells<T> => ({
  columns: typeof expression === "string" ? raw(expression) : expression,
  width: 1,
  read: (values, at) => decode(values[at]),
});

export const text = (expression: string | Sql): Cells<string> => cell(expression, String);
export const number = (expression: string | Sql): Cells<number> => cell(expression, Number);
export const textOrNull = (expression: string | Sql): Cells<string | null> =>
  cell(expression, (value) => (typeof value === "string" ? value : null));
export const numberOrNull = (expression: string | Sql): Cells<number | null> =>
  cell(expression, (value) => (typeof value === "number" ? value : null));
/** A condition: true where it holds, false where it does not or is null. */
export const flag = (expression: string | Sql): Cells<boolean> => cell(expression, (value) => value === 1);
/** A document kept as text; null for null. */
export const json = (expression: string | Sql): Cells<Json> =>
  cell(expression, (value) => (typeof value === "string" ? parseJson(value) : null));

/** A select list whose rows are read one by one, as they are taken. */
export interface Streamed<T> {
  readonly columns: Sql;
  read(result: ResultSet | undefined): IteratorObject<T, undefined>;
  /** Returns the first row, null where there is none. */
  first(result: ResultSet | undefined): T | null;
}

const streamed = <T>(columns: Sql, read: Streamed<T>["read"]): Streamed<T> => ({
  columns,
  read,
  first: (result) => read(result).next().value ?? null,
});

/** Returns the same select list for rows that are read one by one. */
export const oneByOne = <T>({ columns, read }: Cells<T>): Streamed<T> =>
  streamed(columns, (result) => (result?.rows ?? []).values().map((values) => read(values, 0)));

/**
 * Returns a select list that gives each row as one JSON text: a wide row of fifty cells costs the server and the Worker much less that way
 * than fifty cells of the protocol.
 */
export const packed = <T>({ columns, read }: Cells<T>): Streamed<T> =>
  streamed(sql`json_array(${columns})`, (result) => unpackRows(result).map((values) => read(values, 0)));

function* unpackRows(result: ResultSet | undefined): Generator<unknown[], undefined, undefined> {
  for (const row of result?.rows ?? []) {
    const values = parseColumns(String(row[0]));
    yield Array.isArray(values) ? values : [];
  }
}
