import { createClient, type InValue, type ResultSet } from "@libsql/client/web";

export type { InValue, ResultSet } from "@libsql/client/web";

/** One statement with its bound values. */
export interface Sql {
  readonly sql: string;
  readonly args: InValue[];
}

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

/** Opens a database; `http:` and `libsql:` addresses alike. Nothing is sent before the first statement. */
export function openDatabase({ url, token }: { url: string; token?: string | undefined }): Database {
  const client = createClient({ url, ...(token !== undefined && { authToken: token }), intMode: "number" });
  let roundTrips = 0;
  const send = async <T>(request: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      roundTrips++;
      try {
        return await request();
      } catch (error) {
        const named = nameError(error);
        if (!isBusy(error) || attempt === attempts) throw named;
        roundTrips--;
        // BEGIN found the database busy: nothing was executed.
        await new Promise((resolve) => setTimeout(resolve, 5 * 2 ** attempt * (0.5 + Math.random())));
      }
    }
  };
  return {
    execute: (statement) => send(() => client.execute(statement)),
    read: (statements) => send(() => client.batch([...statements], "read")),
    write: (statements) => send(() => client.batch([...statements], "write")),
    roundTrips: () => roundTrips,
  };
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
