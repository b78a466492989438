import type { Connections } from "./connections.ts";
import { type Mode, type ResultSet, ServerError, type Sql, type Stream, StreamGone, sendStatements } from "./hrana.ts";
import type { Streams } from "./streams.ts";

export type { InValue, ResultSet, Sql } from "./hrana.ts";

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

const attempts = 6;

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

  const sendOnce = async (request: Request, streams: Streams | undefined): Promise<ResultSet[]> => {
    const place = streams?.take() ?? null;
    let open: Stream | null = null;
    try {
      const sendOn = (stream: Stream | null) => {
        roundTrips++;
        return sendStatements(wire, { ...request, stream, keep: place !== null });
      };
      const kept = place?.stream ?? null;
      const outcome = await sendOn(kept).catch((error) => {
        if (kept !== null && error instanceof StreamGone) return sendOn(null);
        throw error;
      });
      open = outcome.stream;
      if ("error" in outcome) throw outcome.error;
      return outcome.results;
    } finally {
      if (place !== null) streams?.giveBack(place, open);
    }
  };
  const sendPatiently = async (request: Request, streams: Streams | undefined): Promise<ResultSet[]> => {
    for (let attempt = 1; ; attempt++) {
      const before = roundTrips;
      try {
        return await sendOnce(request, streams);
      } catch (error) {
        if (!isBusy(error) || attempt === attempts) throw nameError(error);
        // BEGIN found the database busy: nothing was executed.
        roundTrips = before;
        await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** attempt * (0.5 + Math.random())));
      }
    }
  };
  const write = async (request: Request): Promise<ResultSet[]> => {
    const leave = await connections?.lane.enter();
    try {
      return await sendPatiently(request, connections?.writers);
    } finally {
      leave?.();
    }
  };
  const send = (mode: Mode, statements: readonly Sql[]): Promise<ResultSet[]> => {
    const request = { mode, statements };
    if (!isWrite(request)) return sendPatiently(request, connections?.readers);
    const written = write(request);
    waitUntil?.(written.catch(() => undefined));
    return written;
  };
  return {
    execute: async (statement) => only(await send("single", [statement])),
    read: (statements) => send(statements.length === 1 ? "single" : "read", statements),
    write: (statements) => send("write", statements),
    roundTrips: () => roundTrips,
  };
}

interface Request {
  readonly mode: Mode;
  readonly statements: readonly Sql[];
}

const isWrite = ({ mode, statements: [first] }: Request): boolean =>
  mode === "write" || (mode === "single" && /^\s*(insert|update|delete)\b/i.test(first?.sql ?? ""));

function only(results: readonly ResultSet[]): ResultSet {
  const [result] = results;
  if (result === undefined) throw new ServerError("the database gave no result");
  return result;
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
    /fetch failed|ECONNREFUSED|ECONNRESET|network|internal error; reference|HTTP status (429|502|503|504)/i.test(text)
  )
    return new DatabaseUnavailable(text, { cause: error });
  return error;
}
