import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { stringifyJson } from "../lib/json.ts";
import type { MemoryLease } from "../lib/memory.ts";
import { Rows } from "../lib/rows.ts";
import { type Database, type ResultSet, ResultTooLarge, type Sql } from "./client.ts";
import { lastRowOf, listOfIds, type RowMapper, readIds } from "./sql/rows.ts";
import { cell, number, oneByOne, selection } from "./sql/selection.ts";
import { nothing, raw, sql } from "./sql/tag.ts";

/** A page of rows: read at once if it is small, else by keys in slices, because the size of one result is bounded. */
export interface List<T> {
  /** The rows of the page. */
  readonly rows: Sql;
  /** The key of each row of the page and its size in bytes, in the page's order. */
  readonly sizes: Sql;
  /** Returns the statement for the rows of these keys in their order; deleted rows are left out. */
  slice(keys: readonly (string | number)[]): Sql;
  read(result: ResultSet): Iterable<T>;
}

export interface Read<T> {
  readonly rows: Rows<T>;
  /** The results of the further statements, of the same snapshot. */
  readonly beside: readonly ResultSet[];
  /** Returns the last row of the page, null for an empty page. */
  last(): Promise<T | null>;
}

/** The maximum size of a page that is read at once, in bytes: an isolate has 128 MB for all its requests. */
export const pageBytes = 8_000_000;
/** The size of a slice, in bytes of rows. */
const sliceBytes = 4_000_000;
/** The maximum size of a slice's result, in bytes: a single row may be larger than a slice. */
const maximumSliceBytes = 24_000_000;
/**
 * For how long a slice is retried, in milliseconds: the server also refuses a result while the sum of its open results is too
 * large.
 */
const retryMs = 6_000;

/**
 * Reads a page and further statements. One round trip; for a page above eight million bytes one more for its keys and one per
 * four million bytes of rows, which are read as they are consumed.
 */
export async function readList<T>(db: Database, list: List<T>, ...beside: readonly Sql[]): Promise<Read<T>> {
  const lease = db.lease();
  const page = await unlessTooLarge(db.read([list.rows, ...beside], { most: pageBytes, lease }));
  if (page !== null) return readAtOnce(list, page, lease);
  const [sizes, ...others] = await db.read([list.sizes, ...beside]);
  const keys = keySizes.rows(sizes);
  const read = async (some: typeof keys) => {
    // The previous slice is consumed.
    lease.release();
    const slice = list.slice(some.map(({ key }) => key));
    const [rows] = await retryWhileTooLarge(() => db.read([slice], { most: maximumSliceBytes, lease }));
    return list.read(rows ?? noRows);
  };
  return {
    rows: new Rows(thenRelease(inSlices(keys, read), lease)),
    beside: others,
    last: async () => {
      const [row] = await read(keys.slice(-1));
      return row ?? null;
    },
  };
}

// Keys are ids, or the positions of events and logs.
const sizeAt = (key: string, size: string) =>
  selection({ key: cell(key, (value) => (typeof value === "number" ? value : String(value))), size: number(size) });
const keySizes = sizeAt("key", "size");

/** Returns the select list of a list's `sizes`, of the expressions for a row's key and size. */
export const sizeColumns = (key: string, size: string): Sql => sizeAt(key, size).columns;

/** Reads a page; see `readList`. */
export const readRows = async <T>(db: Database, list: List<T>): Promise<Rows<T>> => (await readList(db, list)).rows;

async function retryWhileTooLarge<T>(read: () => Promise<T>): Promise<T> {
  for (let waited = 0; waited < retryMs; ) {
    const found = await unlessTooLarge(read());
    if (found !== null) return found;
    const pause = 50 + Math.random() * 150;
    await new Promise((resolve) => setTimeout(resolve, pause));
    waited += pause;
  }
  return read();
}

const noRows: ResultSet = { rows: [], rowsAffected: 0 };

function readAtOnce<T>(list: List<T>, [page, ...beside]: readonly ResultSet[], lease: MemoryLease): Read<T> {
  const result = page ?? noRows;
  return {
    rows: new Rows(releaseAfter(list.read(result), lease)),
    beside,
    last: async () => {
      const [row] = list.read(lastRowOf(result));
      return row ?? null;
    },
  };
}

function* releaseAfter<T>(rows: Iterable<T>, lease: MemoryLease): Generator<T, void, undefined> {
  try {
    yield* rows;
  } finally {
    lease.release();
  }
}

async function* thenRelease<T>(rows: AsyncIterable<T>, lease: MemoryLease): AsyncGenerator<T, void, undefined> {
  try {
    yield* rows;
  } finally {
    lease.release();
  }
}

async function* inSlices<T>(
  keys: readonly { readonly key: string | number; readonly size: number }[],
  read: (keys: { readonly key: string | number; readonly size: number }[]) => Promise<Iterable<T>>,
): AsyncGenerator<T, void, undefined> {
  for (let start = 0; start < keys.length; ) {
    let bytes = 0;
    let end = start;
    for (; end < keys.length && (end === start || bytes + (keys[end]?.size ?? 0) <= sliceBytes); end++)
      bytes += keys[end]?.size ?? 0;
    yield* await read(keys.slice(start, end));
    start = end;
  }
}

/** Returns null for a result above the maximum size. */
export const unlessTooLarge = <T>(reading: Promise<T>): Promise<T | null> =>
  reading.catch((error) => {
    if (error instanceof ResultTooLarge) return null;
    throw error;
  });

/** Reads as many rows as one result can hold: halves the limit while the result is too large, down to one row. */
export async function readAsManyAsFit<T>(limit: number, read: (limit: number) => Promise<T>): Promise<T> {
  for (let most = limit; most > 1; most = Math.ceil(most / 2)) {
    const found = await unlessTooLarge(read(most));
    if (found !== null) return found;
  }
  return read(1);
}

/**
 * Reads the rows of a statement of ids: at once, or where the result is too large the ids first, then halves of them until each
 * fits. `read` has to bound its result.
 */
export async function* readInParts<T>(
  db: Database,
  ids: Sql,
  read: (ids: Sql) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  const all = await unlessTooLarge(read(ids));
  if (all !== null) return yield all;
  const found = await db.execute(ids);
  yield* halvesOf(readIds(found), (some) => read(listOfIds(some)));
}

async function* halvesOf<T>(
  ids: readonly string[],
  read: (ids: readonly string[]) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  if (ids.length === 0) return;
  const part = ids.length === 1 ? await read(ids) : await unlessTooLarge(read(ids));
  if (part !== null) return yield part;
  const middle = Math.ceil(ids.length / 2);
  yield* halvesOf(ids.slice(0, middle), read);
  yield* halvesOf(ids.slice(middle), read);
}

/** Rows after a position, and the position up to which they are complete; `more`: further rows may follow. */
export interface NewRows<T> {
  readonly rows: readonly T[];
  readonly position: number;
  readonly more: boolean;
}

interface Parts<T> {
  /** The select list on the alias and its joins. */
  readonly columns: Sql;
  /** The table with its alias: `flow f`. */
  readonly from: string;
  /** The unique key of the rows: `f.id`. */
  readonly key: string;
  /** The joins after `from`; each finds one row at most. */
  readonly joins?: Sql;
  /** The approximate size of a row in bytes. */
  readonly size: string;
  readonly order: string;
  readonly read: (result: ResultSet) => Iterable<T>;
}

/** Returns the list parts of one table's rows. */
export const rowsOf = <T extends SQLiteTable>(mapper: RowMapper<T>, alias: string, key: string) => ({
  ...oneByOne(mapper.cells(alias)),
  from: `${mapper.table} ${alias}`,
  key: `${alias}.${key}`,
  size: mapper.size(alias),
});

/** Returns a list whose rows are chosen by a statement of keys only, so that the sort does not carry wide rows and joins. */
export function listOfChosen<T>(chosen: Sql, { columns, from, key, joins = nothing, size, order, read }: Parts<T>): List<T> {
  const column = key.split(".").at(-1) ?? key;
  const source = sql`(${chosen}) chosen cross join ${raw(from)} on ${raw(key)} = chosen.${raw(column)} ${joins} order by ${raw(order)}`;
  return {
    rows: sql`select ${columns} from ${source}`,
    sizes: sql`select ${sizeColumns(key, size)} from ${source}`,
    ...slicesOf({ columns, from, key, joins, read }),
  };
}

/** Returns a list of the rows that meet a condition. */
export function listOfMatching<T>(
  { where, limit, offset }: { readonly where: Sql; readonly limit: number; readonly offset: number },
  { columns, from, key, joins = nothing, size, order, read }: Parts<T>,
): List<T> {
  const start = Math.min(offset, Number.MAX_SAFE_INTEGER);
  const source = sql`${raw(from)} ${joins} where ${where} order by ${raw(order)} limit ${limit} offset ${start}`;
  return {
    rows: sql`select ${columns} from ${source}`,
    sizes: sql`select ${sizeColumns(key, size)} from ${source}`,
    ...slicesOf({ columns, from, key, joins, read }),
  };
}

/** Returns the slices of a list: its rows by their keys. */
export const slicesOf = <T>({
  columns,
  from,
  key,
  joins = nothing,
  read,
}: Omit<Parts<T>, "order" | "size">): Pick<List<T>, "slice" | "read"> => ({
  slice: (keys) =>
    sql`select ${columns} from json_each(${stringifyJson(keys)}) wanted cross join ${raw(from)} on ${raw(key)} = wanted.value ${joins} order by wanted.key`,
  read,
});
