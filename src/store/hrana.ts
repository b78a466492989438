/**
 * Hrana over HTTP, version 2: how a libSQL server or Turso is spoken to (the protocol is written down in the libsql repository,
 * docs/HRANA_2_SPEC.md). The official client closes its stream with each request, and a stream is a connection of the server's: opening
 * one, with the schema read anew, costs many times what a short statement does. Here a stream may stay open and be used again.
 */

export type Value = string | number | null;
/** What a statement can be given: flags go as 1 and 0. */
export type InValue = Value | boolean;

/** One statement with its bound values. */
export interface Sql {
  readonly sql: string;
  readonly args: InValue[];
}

/** What a statement gave: the cells of each row in the order of its select list. */
export interface ResultSet {
  readonly rows: readonly (readonly Value[])[];
  readonly rowsAffected: number;
}

/** A stream that the server keeps open: the ticket for its next request, and the address that serves it. */
export interface Stream {
  readonly baton: string;
  readonly url: string;
}

/** What the server says about a statement that failed; `message` begins with the code. */
export class StatementError extends Error {}

/** The server no longer knows the stream, and has executed nothing. */
export class StreamGone extends Error {}

/** The server could not be reached, or did not answer as the protocol wants: what was sent may have been executed or not. */
export class ServerError extends Error {}

export type Mode = "single" | "read" | "write";

const begins = { read: "begin transaction readonly", write: "begin immediate" } as const;

type Cond = { type: "ok"; step: number } | { type: "not"; cond: Cond };

interface Step {
  readonly stmt: ReturnType<typeof encodeStatement>;
  readonly condition?: Cond;
}

const encodeValue = (value: InValue) => {
  if (value === null) return { type: "null" };
  if (typeof value === "string") return { type: "text", value };
  if (typeof value === "boolean") return { type: "integer", value: value ? "1" : "0" };
  if (!Number.isFinite(value)) throw new RangeError("a bound number is not finite");
  return { type: "float", value };
};

const encodeStatement = ({ sql, args }: Sql) => ({ sql, args: args.map(encodeValue) });

const plain = (sql: string) => encodeStatement({ sql, args: [] });

/** Each statement runs only after the one before; what did not come to its commit is rolled back. */
function transaction(mode: "read" | "write", statements: readonly Sql[]): Step[] {
  const after = (step: number): Cond => ({ type: "ok", step });
  const commit = statements.length + 1;
  return [
    { stmt: plain(begins[mode]) },
    ...statements.map((statement, i) => ({ stmt: encodeStatement(statement), condition: after(i) })),
    { stmt: plain("commit"), condition: after(commit - 1) },
    { stmt: plain("rollback"), condition: { type: "not", cond: after(commit) } },
  ];
}

interface Wire {
  readonly url: string;
  readonly token: string | undefined;
}

interface Sent {
  readonly results: ResultSet[];
  /** The stream for the next request; null: the server has closed it. */
  readonly stream: Stream | null;
}

/** An answer that reports an error of a statement still tells the stream, which stays good. */
export type Outcome = Sent | { readonly error: StatementError; readonly stream: Stream | null };

/**
 * Sends statements in one request and returns their results: alone (`single`), or as one transaction. `stream` is one kept from before;
 * `keep` leaves the stream open. Throws StreamGone and ServerError.
 */
export async function sendStatements(
  { url, token }: Wire,
  { mode, statements, stream, keep }: { mode: Mode; statements: readonly Sql[]; stream: Stream | null; keep: boolean },
): Promise<Outcome> {
  const steps: Step[] =
    mode === "single" ? statements.map((one) => ({ stmt: encodeStatement(one) })) : transaction(mode, statements);
  const base = stream?.url ?? url;
  const answer = await post(base, token, {
    baton: stream?.baton ?? null,
    requests: keep ? [{ type: "batch", batch: { steps } }] : [{ type: "batch", batch: { steps } }, { type: "close" }],
  });
  const [result] = answer.results;
  const next = keep && answer.baton !== null ? { baton: answer.baton, url: answer.base_url ?? base } : null;
  if (result === undefined) throw new ServerError("the database answered without a result");
  if (result.type === "error") return { error: statementError(result.error), stream: next };
  const { step_results, step_errors } = result.response.result;
  const first = mode === "single" ? 0 : 1;
  // The last step of a transaction is its rollback, which fails where there is nothing to roll back.
  const counted = mode === "single" ? steps.length : steps.length - 1;
  const error = step_errors.slice(0, counted).find((found) => found !== null);
  if (error) return { error: statementError(error), stream: next };
  if (step_results.slice(0, counted).includes(null)) throw new ServerError("the database left a statement out");
  return { results: step_results.slice(first, first + statements.length).map(decodeResult), stream: next };
}

interface WireError {
  readonly message: string;
  readonly code?: string | null;
}

type WireValue =
  | { type: "null" }
  | { type: "integer"; value: string }
  | { type: "float"; value: number }
  | { type: "text"; value: string };

interface WireResult {
  readonly rows: readonly (readonly WireValue[])[];
  readonly affected_row_count: number;
}

interface WireAnswer {
  readonly baton: string | null;
  readonly base_url: string | null;
  readonly results: readonly (
    | {
        type: "ok";
        response: { result: { step_results: (WireResult | null)[]; step_errors: (WireError | null)[] } };
      }
    | { type: "error"; error: WireError }
  )[];
}

const statementError = ({ code, message }: WireError) => new StatementError(`${code ?? "UNKNOWN"}: ${message}`);

async function post(
  base: string,
  token: string | undefined,
  body: { baton: string | null; requests: unknown[] },
): Promise<WireAnswer> {
  const response = await fetch(new URL("v2/pipeline", base), {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (response.ok) return response.json();
  const text = await response.text();
  // An expired, unknown or already used ticket is refused before anything runs: 400 by the libSQL server, 404 by Turso.
  if (body.baton !== null && (response.status === 400 || response.status === 404)) throw new StreamGone(text);
  throw new ServerError(`Server returned HTTP status ${response.status}: ${text}`);
}

function decodeValue(value: WireValue): Value {
  switch (value.type) {
    case "null":
      return null;
    case "integer": {
      const number = Number(value.value);
      if (!Number.isSafeInteger(number)) throw new RangeError("an integer of the database is too large for a number");
      return number;
    }
    default:
      return value.value;
  }
}

const decodeResult = (result: WireResult | null): ResultSet => ({
  rows: (result?.rows ?? []).map((row) => row.map(decodeValue)),
  rowsAffected: result?.affected_row_count ?? 0,
});
