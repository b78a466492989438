import { type MemoryBudget, type MemoryLease, memoryBudget, OutOfMemory } from "../lib/memory.ts";
import { NoAnswer, Overloaded, type ResultSet, ServerError, type Sql, type Wire, wireOf } from "./hrana/client.ts";
import type { Connections } from "./hrana/connections.ts";
import type { Batch, Outcome } from "./hrana/program.ts";
import { answerBytes, sender } from "./hrana/sender.ts";
import { type TableSizes, unknownSizes } from "./table-sizes.ts";

export type { InValue, ResultSet, Sql } from "./hrana/client.ts";
export { ResultTooLarge, type Wire, wireOf } from "./hrana/client.ts";

/** A database of one request: every call is exactly one round trip, counted. */
export interface Database {
  /** Runs one statement. */
  execute(statement: Sql): Promise<ResultSet>;
  /** Runs statements that only read, all on one snapshot. Throws ResultTooLarge where the answer has more than so many bytes. */
  read(statements: readonly Sql[], answer?: Answer): Promise<ResultSet[]>;
  /** Returns what holds the memory of an answer that is used after it was read. */
  lease(): MemoryLease;
  /** Gives back what such leases hold: a request that has failed uses its answers no more. */
  releaseAll(): void;
  /** Runs statements in one write transaction; a failing one rolls all back. */
  write(statements: readonly Sql[]): Promise<ResultSet[]>;
  readonly roundTrips: () => number;
  readonly sizes: TableSizes;
}

/** What an answer of the database may be. */
export interface Answer {
  /** How many bytes it may have. */
  readonly most: number;
  /** Holds its memory until the caller releases it; without one it counts until it is read. */
  readonly lease?: MemoryLease;
}

/** The database cannot be reached or is busy; the request may be repeated. */
export class DatabaseUnavailable extends Error {}

/** A statement broke a unique or foreign key or a not-null rule. */
export class ConstraintViolation extends Error {
  readonly kind: "unique" | "foreign_key" | "other";
  /** The columns of a unique violation as `table.column`, as SQLite names them. */
  readonly columns: string;
  constructor(kind: "unique" | "foreign_key" | "other", columns: string, cause: unknown) {
    super(`${kind} ${columns}`, { cause });
    this.kind = kind;
    this.columns = columns;
  }
}

// In milliseconds: a checkpoint of the embedded server keeps writers out for a second and more when much was written.
const busyFor = 5_000;
const longestPause = 250;
// In milliseconds: a database that does not answer ends a call within this time, all attempts and waiting for the turn to write included.
const callTimeout = 9_000;

export interface DatabaseOptions {
  /** `libsql:` or `http:`, with `user:password@` for a server that asks for HTTP Basic. */
  readonly url: string;
  readonly token?: string | undefined;
  /** What `wireOf` makes of these, where it is known from an earlier request: to take an address apart costs a tenth of a short request. */
  readonly wire?: Wire;
  readonly connections?: Connections;
  /** What the requests of an isolate share. */
  readonly memory?: MemoryBudget;
  /** What the requests to this database share. */
  readonly sizes?: TableSizes;
  /** Lets a write that is under way be answered though its client has left. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  /** Gets the statements of each write that have changed rows, or may have where the answer was lost. */
  readonly onWrite?: (statements: readonly Sql[]) => void;
}

/**
 * Opens a database; `http:` and `libsql:` addresses alike. Nothing is sent before the first statement. With `connections`, what one request
 * has opened serves the next.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { connections, memory = unshared(), sizes = unknownSizes, waitUntil, onWrite } = options;
  const { wire = wireOf(options.url, options.token) } = options;
  const leases: MemoryLease[] = [];
  let roundTrips = 0;
  const { read, write } = sender({ wire, connections, memory, waitUntil, onSecondTry: () => roundTrips++ });
  const readOnce = async (batch: Batch, until: number, { most, lease }: Answer): Promise<Outcome> => {
    if (lease !== undefined) return read(batch, until, { most, lease });
    const own = memory.lease();
    try {
      return await read(batch, until, { most, lease: own });
    } finally {
      own.release();
    }
  };
  const send = async (batch: Batch, answer: Answer = { most: answerBytes }): Promise<ResultSet[]> => {
    roundTrips++;
    const started = Date.now();
    const until = started + callTimeout;
    for (let attempt = 1; ; attempt++) {
      const writes = isWrite(batch);
      const outcome = await (writes ? write(batch, until) : readOnce(batch, until, answer)).catch((error) => {
        if (writes) onWrite?.(batch.statements);
        throw nameError(error);
      });
      if (writes && "results" in outcome)
        onWrite?.(batch.statements.filter((_, i) => (outcome.results[i]?.rowsAffected ?? 1) > 0));
      if ("results" in outcome) return outcome.results;
      if (!isBusy(outcome.error) || Date.now() - started > busyFor) throw nameError(outcome.error);
      // BEGIN found the database busy: nothing was executed.
      const pause = Math.min(5 * 2 ** attempt, longestPause) * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  return {
    execute: async (statement) => firstOf(await send({ mode: "single", statements: [statement] })),
    read: (statements, answer) => send({ mode: statements.length === 1 ? "single" : "read", statements }, answer),
    lease: () => {
      const lease = memory.lease();
      leases.push(lease);
      return lease;
    },
    releaseAll: () => {
      for (const lease of leases.splice(0)) lease.release();
    },
    write: (statements) => send({ mode: "write", statements }),
    roundTrips: () => roundTrips,
    sizes,
  };
}

const unshared = (): MemoryBudget => memoryBudget(Number.POSITIVE_INFINITY);

const isWrite = ({ mode, statements: [first] }: Batch): boolean =>
  mode === "write" || (mode === "single" && /^\s*(insert|update|delete)\b/i.test(first?.sql ?? ""));

function firstOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new ServerError("the database gave no result");
  return first;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isBusy = (error: unknown): boolean => /SQLITE_BUSY|database is locked/.test(textOf(error));

function nameError(error: unknown): unknown {
  const text = textOf(error);
  const unique = /UNIQUE constraint failed: ([\w., ]+)/.exec(text);
  if (unique?.[1] !== undefined) return new ConstraintViolation("unique", unique[1], error);
  if (text.includes("FOREIGN KEY constraint failed")) return new ConstraintViolation("foreign_key", "", error);
  if (text.includes("constraint failed")) return new ConstraintViolation("other", text, error);
  if (
    isBusy(error) ||
    error instanceof NoAnswer ||
    error instanceof Overloaded ||
    error instanceof OutOfMemory ||
    /fetch failed|ECONNREFUSED|ECONNRESET|network|internal error; reference|HTTP status (429|502|503|504)/i.test(text)
  )
    return new DatabaseUnavailable(text, { cause: error });
  return error;
}
