import type { AuditedObject } from "../domain/audit.ts";
import { type MemoryBudget, type MemoryLease, memoryBudget, OutOfMemory } from "../lib/memory.ts";
import { NoAnswer, Overloaded, type ResultSet, ServerError, type Sql, type Wire, wireOf } from "./hrana/client.ts";
import type { Connections } from "./hrana/connections.ts";
import type { Batch, Outcome } from "./hrana/program.ts";
import { answerBytes, sender } from "./hrana/sender.ts";
import { type TableSizes, unknownSizes } from "./table-sizes.ts";

export type { InValue, ResultSet, Sql } from "./hrana/client.ts";
export { ResultTooLarge, type Wire, wireOf } from "./hrana/client.ts";

/** A request's database client: every call is one round trip, and counted. */
export interface Database {
  /** Runs one statement. */
  execute(statement: Sql): Promise<ResultSet>;
  /** Runs read statements on one snapshot. Throws ResultTooLarge for a result above the maximum number of bytes. */
  read(statements: readonly Sql[], answer?: Answer): Promise<ResultSet[]>;
  /** Returns a memory lease for a result that is used after the call. */
  lease(): MemoryLease;
  /** Releases all such leases, when the request has failed and uses no result any more. */
  releaseAll(): void;
  /** Runs statements in one write transaction; a failing one rolls back all. */
  write(statements: readonly Sql[]): Promise<ResultSet[]>;
  /** Names the object that the next writes make, for the audit of an operation; without effect where nothing is audited. */
  about(object: AuditedObject): void;
  readonly roundTrips: () => number;
  readonly sizes: TableSizes;
}

/** The bounds of a result. */
export interface Answer {
  /** The maximum size in bytes. */
  readonly most: number;
  /** Holds the result's memory until the caller releases it; without a lease it is held during the call. */
  readonly lease?: MemoryLease;
}

/** The database is unreachable or busy; the request may be repeated. */
export class DatabaseUnavailable extends Error {}

/** A statement violated a unique, foreign key or not-null constraint. */
export class ConstraintViolation extends Error {
  readonly kind: "unique" | "foreign_key" | "other";
  /** The columns of a unique constraint as SQLite names them, `table.column`. */
  readonly columns: string;
  constructor(kind: "unique" | "foreign_key" | "other", columns: string, cause: unknown) {
    super(`${kind} ${columns}`, { cause });
    this.kind = kind;
    this.columns = columns;
  }
}

// In milliseconds: after large writes a checkpoint of the embedded server blocks writers for more than a second.
const busyTimeoutMs = 5_000;
const maximumPauseMs = 250;
// In milliseconds: the timeout of a call, retries and time in the write queue included.
const callTimeoutMs = 9_000;

export interface DatabaseOptions {
  /** `libsql:` or `http:`, with `user:password@` for HTTP Basic. */
  readonly url: string;
  readonly token?: string | undefined;
  /** The result of `wireOf` for these, cached: parsing the URL costs a tenth of a short request. */
  readonly wire?: Wire;
  readonly connections?: Connections;
  /** Shared by the requests of an isolate. */
  readonly memory?: MemoryBudget;
  /** Shared by the requests to this database. */
  readonly sizes?: TableSizes;
  /** Keeps a write running whose client has disconnected. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  /** Called with the statements of each write that changed rows, or may have where the response was lost. */
  readonly onWrite?: (statements: readonly Sql[]) => void;
}

/**
 * Opens a database at an `http:` or `libsql:` URL. Nothing is sent before the first statement. With `connections`, streams stay
 * open for the next request.
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
    const until = started + callTimeoutMs;
    for (let attempt = 1; ; attempt++) {
      const writes = isWrite(batch);
      const outcome = await (writes ? write(batch, until) : readOnce(batch, until, answer)).catch((error): Outcome => {
        if (isRefused(error)) return { error };
        if (writes) onWrite?.(batch.statements);
        throw toKnownError(error);
      });
      if (writes && "results" in outcome)
        onWrite?.(batch.statements.filter((_, i) => (outcome.results[i]?.rowsAffected ?? 1) > 0));
      if ("results" in outcome) return outcome.results;
      const isRepeatable = isBusy(outcome.error) || isRefused(outcome.error);
      if (!isRepeatable || Date.now() - started > busyTimeoutMs) throw toKnownError(outcome.error);
      // BEGIN failed with SQLITE_BUSY, or the server refused the request: nothing was executed.
      const pause = Math.min(5 * 2 ** attempt, maximumPauseMs) * (0.5 + Math.random());
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
    about: () => undefined,
    roundTrips: () => roundTrips,
    sizes,
  };
}

const unshared = (): MemoryBudget => memoryBudget(Number.POSITIVE_INFINITY);

/** Returns whether a statement changes rows by itself. */
export const isWriteStatement = ({ sql }: Sql): boolean => /^\s*(insert|update|delete)\b/i.test(sql);

const isWrite = ({ mode, statements: [first] }: Batch): boolean =>
  mode === "write" || (mode === "single" && first !== undefined && isWriteStatement(first));

function firstOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new ServerError("the database gave no result");
  return first;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isBusy = (error: unknown): boolean => /SQLITE_BUSY|database is locked/.test(textOf(error));

// The libSQL server answers 429 to what exceeds its number of requests at a time: a new isolate that is asked by hundreds at once.
const isRefused = (error: unknown): boolean => error instanceof ServerError && textOf(error).includes("HTTP status 429");

function toKnownError(error: unknown): unknown {
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
