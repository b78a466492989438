import type { Connections } from "./connections/connections.ts";
import {
  closeStream,
  execute,
  NoAnswer,
  Overloaded,
  type ResultSet,
  ResultTooLarge,
  ServerError,
  type Sql,
  type Stream,
  StreamGone,
  wireOf,
} from "./connections/hrana.ts";
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
// In milliseconds: a database that does not answer ends a call within this time, all attempts and waiting for the turn to write included.
const callTimeout = 9_000;

export interface DatabaseOptions {
  /** `libsql:` or `http:`, with `user:password@` for a server that asks for HTTP Basic. */
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
  const wire = wireOf(url, token);
  let roundTrips = 0;

  const run = async (program: Program, until: number, streams: Streams | undefined): Promise<Outcome[]> => {
    const { steps, protocol } = program;
    const place = streams?.take() ?? null;
    const keep = place !== null;
    let open: Stream | null = null;
    try {
      const kept = place?.stream ?? null;
      const request = (stream: Stream | null) => ({ steps, protocol, stream, keep, timeout: Math.max(1, until - Date.now()) });
      const sent = await execute(wire, request(kept)).catch((error) => {
        if (kept === null || !(error instanceof StreamGone)) throw error;
        roundTrips++;
        return execute(wire, request(null));
      });
      if (sent.stream === null || (!sent.failed && program.isOver(sent.outcomes))) open = sent.stream;
      // Else its transaction may be open: another request would read an old snapshot in it, and a write would keep the lock.
      else await closeStream(wire, sent.stream);
      return program.read(sent.outcomes);
    } finally {
      if (place !== null) streams?.giveBack(place, open);
    }
  };
  const read = async (batch: Batch, until: number): Promise<Outcome> =>
    firstOf(await run(programOf(batch), until, connections?.readers));
  const writeAlone = (batch: Batch, until: number) => run(programOf(batch), until, connections?.writers).then(firstOf);
  const writeAll = async (batches: readonly Batch[], until: number): Promise<Outcome[]> => {
    const [first] = batches;
    if (first !== undefined && batches.length === 1) return [await writeAlone(first, until)];
    const outcomes = await run(groupCommit(batches), until, connections?.writers);
    if (!outcomes.some((outcome) => "error" in outcome && outcome.error instanceof ResultTooLarge)) return outcomes;
    // The group was never committed: one batch with too large a result must not fail the others.
    const alone: Outcome[] = [];
    for (const batch of batches) alone.push(await writeAlone(batch, until));
    return alone;
  };
  const write = (batch: Batch, until: number): Promise<Outcome> => {
    const written = connections?.queue?.write(batch, until, (batches) => writeAll(batches, until)) ?? writeAlone(batch, until);
    waitUntil?.(written.catch(() => undefined));
    return written;
  };
  const send = async (batch: Batch): Promise<ResultSet[]> => {
    roundTrips++;
    const started = Date.now();
    const until = started + callTimeout;
    for (let attempt = 1; ; attempt++) {
      const outcome = await (isWrite(batch) ? write(batch, until) : read(batch, until)).catch((error) => {
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
    error instanceof Overloaded ||
    /fetch failed|ECONNREFUSED|ECONNRESET|network|internal error; reference|HTTP status (429|502|503|504)/i.test(text)
  )
    return new DatabaseUnavailable(text, { cause: error });
  return error;
}
