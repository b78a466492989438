import type { Connections } from "./connections/connections.ts";
import { execute, NoAnswer, type ResultSet, ServerError, type Sql, type Stream, StreamGone } from "./connections/hrana.ts";
import { type Batch, groupCommit, type Outcome, type Program, programOf } from "./connections/programs.ts";
import type { Streams } from "./connections/streams.ts";

export type { InValue, ResultSet, Sql } from "./connections/hrana.ts";

/** A database of one request: every call is exactly one round trip, counted. */
export interface Database {
  /** Runs one statement. */
  execute(statement: Sql): Promise<ResultSet>;
  /** Runs statements that only read, all on one snapshot. */
  read(statements: readonly Sql[]): Promise<ResultSet[]>;
  /** Runs statements in one write transaction; a failing one rolls all back. */
  write(statements: readonly Sql[]): Promise<ResultSet[]>;
  readonly roundTrips: () => number;
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

export interface DatabaseOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly connections?: Connections;
  /** Lets a write that is under way be answered though its client has left. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

/**
 * Opens a database; `http:` and `libsql:` addresses alike. Nothing is sent before the first statement. With `connections`, what one request
 * has opened serves the next.
 */
export function openDatabase({ url, token, connections, waitUntil }: DatabaseOptions): Database {
  const wire = { url: url.replace(/^libsql:/, "https:"), token };
  let roundTrips = 0;

  const run = async ({ steps, protocol, read }: Program, streams: Streams | undefined): Promise<Outcome[]> => {
    const place = streams?.take() ?? null;
    const keep = place !== null;
    let open: Stream | null = null;
    try {
      const kept = place?.stream ?? null;
      const sent = await execute(wire, { steps, protocol, stream: kept, keep }).catch((error) => {
        if (kept === null || !(error instanceof StreamGone)) throw error;
        roundTrips++;
        return execute(wire, { steps, protocol, stream: null, keep });
      });
      open = sent.stream;
      return read(sent.outcomes);
    } finally {
      if (place !== null) streams?.giveBack(place, open);
    }
  };
  const read = async (batch: Batch): Promise<Outcome> => firstOf(await run(programOf(batch), connections?.readers));
  const runAll = (batches: readonly Batch[]): Promise<Outcome[]> => {
    const [first] = batches;
    return run(first !== undefined && batches.length === 1 ? programOf(first) : groupCommit(batches), connections?.writers);
  };
  const write = (batch: Batch): Promise<Outcome> => {
    const written = connections?.queue?.write(batch, runAll) ?? runAll([batch]).then(firstOf);
    waitUntil?.(written.catch(() => undefined));
    return written;
  };
  const send = async (batch: Batch): Promise<ResultSet[]> => {
    roundTrips++;
    const started = Date.now();
    for (let attempt = 1; ; attempt++) {
      const outcome = await (isWrite(batch) ? write(batch) : read(batch)).catch((error) => {
        throw nameError(error);
      });
      if ("results" in outcome) return outcome.results;
      if (!isBusy(outcome.error) || Date.now() - started > busyFor) throw nameError(outcome.error);
      // BEGIN found the database busy: nothing was executed.
      const pause = Math.min(5 * 2 ** attempt, longestPause) * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  return {
    execute: async (statement) => firstOf(await send({ mode: "single", statements: [statement] })),
    read: (statements) => send({ mode: statements.length === 1 ? "single" : "read", statements }),
    write: (statements) => send({ mode: "write", statements }),
    roundTrips: () => roundTrips,
  };
}

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
    /fetch failed|ECONNREFUSED|ECONNRESET|network|internal error; reference|HTTP status (429|502|503|504)/i.test(text)
  )
    return new DatabaseUnavailable(text, { cause: error });
  return error;
}
