import { type MemoryLease, memoryBudget } from "../../lib/memory.ts";

/**
 * Hrana over HTTP, in JSON: how a libSQL server or Turso is spoken to (written down in the libsql repository, docs/HRANA_3_SPEC.md). The
 * official client closes its stream with each request, and a stream is a connection of the server's: opening one, with the schema read
 * anew, costs many times what a short statement does. Here a stream may stay open and be used again.
 */

// Why not @libsql/hrana-client 0.10.0, which can keep streams: CPU ms a request, ours against it (test/bench/hrana-client.mjs), are 0.45
// against 0.78 for a statement, 2.5 against 10.7 for a page of 200 rows, 0.49 against 1.12 for a transition's write. It has 10.6 kB gzip (ours
// 2.1), and no bound of time or bytes; its protocol 3, which `is_autocommit` needs, is protobuf behind a probe that all requests would share.

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

/** What the server says about a statement that failed; the text begins with the code. */
export class StatementError extends Error {}

/** The rows of a request are more bytes than the server sends; it stopped in the middle, and a transaction of the request is still open. */
export class ResultTooLarge extends StatementError {}

/** The server no longer knows the stream, and has executed nothing. */
export class StreamGone extends Error {}

/** The server did not answer as the protocol wants. */
export class ServerError extends Error {}

/** Nothing came back: what was sent may have been executed or not. */
export class NoAnswer extends ServerError {}

/** Nothing was sent: this isolate has too many bytes waiting for the database. */
export class Overloaded extends ServerError {}

/** When a step is executed: by the places of steps before it. */
export type Condition =
  | { readonly type: "ok"; readonly step: number }
  | { readonly type: "not"; readonly cond: Condition }
  | { readonly type: "and"; readonly conds: readonly Condition[] }
  | { readonly type: "is_autocommit" };

/** Version 2 is what the official client speaks; `is_autocommit` needs version 3. */
export type Protocol = "v2" | "v3";

/** A statement of a program. */
export interface Step {
  readonly statement: Sql;
  readonly condition?: Condition;
}

/** What became of a step; null: its condition did not hold. */
export type StepOutcome = { readonly result: ResultSet } | { readonly error: StatementError } | null;

/** Where a database is, and what its server wants to see in the header `Authorization`. */
export interface Wire {
  readonly url: string;
  readonly authorization: string | undefined;
  /** What sends requests to it; undefined: the global `fetch`. */
  readonly fetcher: Pick<Fetcher, "fetch"> | undefined;
  /** Where programs of each protocol go. */
  readonly pipelines: Readonly<Record<Protocol, string>>;
}

/** Returns how a database is reached: with the token, or with the user and password that stand in the address (HTTP Basic). */
export function wireOf(address: string, token: string | undefined, fetcher?: Pick<Fetcher, "fetch">): Wire {
  const url = new URL(address.replace(/^libsql:/, "https:"));
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const pipelines = { v2: pipelineAt(url.href, "v2"), v3: pipelineAt(url.href, "v3") };
  const bearer = token === undefined ? undefined : `Bearer ${token}`;
  const basic = () => `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`;
  return { url: url.href, authorization: username === "" ? bearer : basic(), fetcher, pipelines };
}

const pipelineAt = (base: string, protocol: Protocol): string => new URL(`${protocol}/pipeline`, base).href;

interface Executed {
  /** One for each step. */
  readonly outcomes: StepOutcome[];
  /** The server gave one error for the request as a whole: what its steps did, and whether a transaction is open, is unknown. */
  readonly failed: boolean;
  /** The stream for the next request; null: the server has closed it. */
  readonly stream: Stream | null;
}

export interface Request {
  readonly steps: readonly Step[];
  readonly protocol: Protocol;
  readonly stream: Stream | null;
  readonly keep: boolean;
  /** How long the server may take to answer, in milliseconds. */
  readonly timeout: number;
  /** Cuts the connection when the time is over. Else the request stays under way, unheard, until what it was made for ends. */
  readonly cuts: boolean;
  /** How many bytes the answer may have. */
  readonly most: number;
  /** Holds the memory for the answer while it is read. */
  readonly lease: MemoryLease;
}

/**
 * Executes steps, one after the other, in one request. `stream` is one kept from an earlier request; `keep` leaves it open. Throws
 * StreamGone, ServerError, NoAnswer where the server has not answered in time, and ResultTooLarge.
 */
export async function execute(wire: Wire, { steps, protocol, stream, keep, ...bounds }: Request): Promise<Executed> {
  const base = stream?.url ?? wire.url;
  const program = { type: "batch", batch: { steps: steps.map(encodeStep) } };
  const answer = await post(base === wire.url ? wire.pipelines[protocol] : pipelineAt(base, protocol), wire, {
    baton: stream?.baton ?? null,
    requests: keep ? [program] : [program, { type: "close" }],
    ...bounds,
  });
  const [result] = answer.results;
  if (result === undefined) throw new ServerError("the database answered without a result");
  const next = keep && answer.baton !== null ? { baton: answer.baton, url: answer.base_url ?? base } : null;
  return { outcomes: steps.map((_, i) => outcomeAt(result, i)), failed: result.type === "error", stream: next };
}

const closeTimeout = 2_000;

/** Closes a stream, which rolls back what its transaction did. A server that cannot be reached does the same ten seconds later. */
export async function closeStream(wire: Wire, { baton, url }: Stream): Promise<void> {
  const bounds = { timeout: closeTimeout, cuts: true, most: 1_000_000, lease: memoryBudget(0).lease() };
  await post(pipelineAt(url, "v2"), wire, { baton, requests: [{ type: "close" }], ...bounds }).catch(() => undefined);
}

function outcomeAt(answer: WireAnswer["results"][number], place: number): StepOutcome {
  if (answer.type === "error") return { error: statementError(answer.error) };
  const { step_results, step_errors } = answer.response.result;
  const error = step_errors[place];
  if (error) return { error: statementError(error) };
  const result = step_results[place];
  return result ? { result: decodeResult(result) } : null;
}

type Bounds = Pick<Request, "timeout" | "cuts" | "most" | "lease">;
type Post = { baton: string | null; requests: object[] } & Bounds;

// A fetch with a signal takes a tenth more of the CPU time of a short request than one with a timer beside it.
const post = (url: string, wire: Wire, { timeout, cuts, ...request }: Post): Promise<WireAnswer> =>
  cuts
    ? postUntil(AbortSignal.timeout(timeout), url, wire, request).catch(unanswered)
    : within(timeout, postUntil(undefined, url, wire, request));

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}

async function postUntil(
  signal: AbortSignal | undefined,
  url: string,
  { authorization, fetcher }: Wire,
  { most, lease, ...body }: Omit<Post, "timeout" | "cuts">,
): Promise<WireAnswer> {
  const request = {
    method: "POST",
    // A compressed answer has no length that could be known before it is read.
    headers: {
      "content-type": "application/json",
      "accept-encoding": "identity",
      ...(authorization !== undefined && { authorization }),
    },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  };
  const response = await (fetcher === undefined ? fetch(url, request) : fetcher.fetch(url, request));
  if (response.ok) return JSON.parse(await readText(response, { most, lease }));
  const text = await response.text();
  // An expired, unknown or already used ticket is refused before anything runs: 400 by the libSQL server, 404 by Turso.
  if (body.baton !== null && (response.status === 400 || response.status === 404)) throw new StreamGone(text);
  throw new ServerError(`Server returned HTTP status ${response.status}: ${text}`);
}

/** An answer of unknown length is held by so many bytes at a time: parts of it alone are too small to count. */
const heldAtOnce = 128 * 1024;

/** Reads a body of so many bytes at most; throws ResultTooLarge for a larger one, of which no more is kept than was read until then. */
async function readText(response: Response, { most, lease }: Pick<Request, "most" | "lease">): Promise<string> {
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) <= most) {
    await lease.grow(Number(length));
    return response.text();
  }
  if (length !== null || response.body === null) {
    await response.body?.cancel();
    throw new ResultTooLarge("RESPONSE_TOO_LARGE: the answer has more bytes than were asked for");
  }
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  let held = 0;
  for await (const part of response.body) {
    size += part.byteLength;
    if (size > most) throw new ResultTooLarge("RESPONSE_TOO_LARGE: the answer has more bytes than were asked for");
    if (size - held > heldAtOnce) {
      await lease.grow(size - held);
      held = size;
    }
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

const tooLate = () => new NoAnswer("the database did not answer in time");

function unanswered(error: unknown): never {
  if (typeof error === "object" && error !== null && "name" in error && error.name === "TimeoutError") throw tooLate();
  throw error;
}

const encodeStep = ({ statement: { sql, args }, condition }: Step) => ({ stmt: { sql, args: args.map(encodeValue) }, condition });

function encodeValue(value: InValue): object {
  if (value === null) return { type: "null" };
  if (typeof value === "string") return { type: "text", value };
  if (typeof value === "boolean") return { type: "integer", value: value ? "1" : "0" };
  if (!Number.isFinite(value)) throw new RangeError("a bound number is not finite");
  return { type: "float", value };
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
    | { type: "ok"; response: { result: { step_results: (WireResult | null)[]; step_errors: (WireError | null)[] } } }
    | { type: "error"; error: WireError }
  )[];
}

const statementError = ({ code, message }: WireError) =>
  new (code === "RESPONSE_TOO_LARGE" ? ResultTooLarge : StatementError)(`${code ?? "UNKNOWN"}: ${message}`);

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

const decodeResult = ({ rows, affected_row_count }: WireResult): ResultSet => ({
  rows: rows.map((row) => row.map(decodeValue)),
  rowsAffected: affected_row_count,
});
