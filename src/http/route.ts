import * as z from "zod";
import type { Deps } from "../deps.ts";
import { isJsonObject, type Json, type ReadJson } from "../lib/json.ts";
import type { MemoryLease } from "../lib/memory.ts";
import { maximumLimit } from "../schemas/filters/bodies.ts";
import { parseSent } from "../schemas/parse-sent.ts";
import { checkApiVersion } from "./api-version.ts";
import { type Body, readBody } from "./body.ts";
import {
  ApiError,
  errorResponse,
  type Fault,
  faultsOf,
  invalidRequest,
  jsonHeaders,
  knownError,
  unprocessable,
  withoutInput,
} from "./errors.ts";
import { jsonBody } from "./json-body.ts";
import { type Operation, Reply } from "./operation.ts";

/** The Hono variables of a request, set by the router. */
export type AppEnv = { Variables: { deps: Deps | undefined; route: string | undefined; requestId: string | undefined } };

type Parameters = Readonly<Record<string, string>>;

/** A request for an operation; `params` are the unparsed path parameters. */
export interface OperationCall {
  readonly deps: Deps;
  readonly request: Request;
  readonly params: Parameters;
}

/** Runs an operation: reads and validates its input, calls its handler, serialises its result. */
export async function runOperation(operation: Operation, given: OperationCall): Promise<Response> {
  const { deps } = given;
  const lease = deps.bodies.lease();
  try {
    return await runWithLease(operation, given, lease);
  } catch (error) {
    // Results whose rows are never consumed would hold their memory for a minute.
    deps.db.releaseAll();
    throw error;
  } finally {
    lease.release();
  }
}

async function runWithLease(
  operation: Operation,
  { deps, request, params }: OperationCall,
  lease: MemoryLease,
): Promise<Response> {
  const input = await readInput(operation, { request, params }, lease).catch((error) => {
    throw operation.secretBody === true && error instanceof ApiError ? withoutInput(error) : error;
  });
  const answer = await operation.handle({ ...input, deps, request });
  return respond(operation, answer);
}

async function readInput(
  operation: Operation,
  { request, params }: Omit<OperationCall, "deps">,
  lease: MemoryLease,
): Promise<Input> {
  const body = operation.body === undefined ? undefined : await readBody(request, lease);
  if (operation.anyVersion !== true) checkApiVersion(request.headers);
  return validate(operation, { params, query: queryOf(request), body });
}

// The last of repeated parameters is used, as in Starlette's QueryParams.
const queryOf = ({ url }: Request): Parameters => (url.includes("?") ? Object.fromEntries(new URL(url).searchParams) : {});

interface Raw {
  readonly params: Parameters;
  readonly query: Parameters;
  readonly body: Body | undefined;
}

type Input = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

function validate(operation: Operation, raw: Raw): Input {
  const faults: Fault[] = [];
  const shown =
    raw.body === undefined || raw.body.kind === "none" ? null : raw.body.kind === "json" ? raw.body.value.exact : raw.body.text;
  const check: Check = (schema, input, where, sent = input.exact) => {
    if (schema === undefined) return undefined;
    const outcome = parseSent(schema, input);
    if (outcome.success) return outcome.data;
    faults.push(...faultsOf(outcome.error.issues, where, sent));
    return undefined;
  };
  const params = check(operation.params, alike(raw.params), "path");
  const query = check(operation.query, alike(raw.query), "query");
  const body = raw.body === undefined ? undefined : checkBody(operation, raw.body, faults, check);
  if (faults.length > 0) throw invalidRequest(faults, shown);
  return { params, query, body };
}

type Check = (schema: z.ZodType | undefined, input: ReadJson, where: string, sent?: unknown) => unknown;

const alike = (value: Json): ReadJson => ({ plain: value, exact: value });

function checkBody(operation: Operation, body: Body, faults: Fault[], check: Check): unknown {
  const absent = body.kind === "none" || (body.kind === "json" && body.value.plain === null);
  // Where the reference declares body members as separate parameters, each missing one is a fault.
  if (absent && operation.body !== undefined && z.globalRegistry.get(operation.body)?.separate === true)
    return check(operation.body, alike({}), "body", null);
  if (absent && operation.bodyRequired !== false) {
    faults.push({ type: "missing", loc: ["body"], msg: "Field required", input: null });
    return undefined;
  }
  if (body.kind === "other") {
    faults.push({
      type: "model_attributes_type",
      loc: ["body"],
      msg: "Input should be a valid dictionary or object to extract fields from",
      input: body.text,
    });
    return undefined;
  }
  // A body with a default is that default where none was sent.
  const value = body.kind === "json" && !absent ? body.value : alike(operation.body instanceof z.ZodDefault ? undefined : {});
  checkLimit(operation.body, value.plain);
  return check(operation.body, value, "body");
}

// The registry copies what it knows of a schema and its parents at each look: a fortieth of the CPU time of a page.
const limited = new WeakMap<z.ZodType, boolean>();
function isLimited(schema: z.ZodType): boolean {
  const known = limited.get(schema);
  if (known !== undefined) return known;
  const isOne = z.globalRegistry.get(schema)?.limited === true;
  limited.set(schema, isOne);
  return isOne;
}

// The bounds of `limit` are checked first and have an error body of their own (`prefect/server/api/dependencies.py LimitBody`).
function checkLimit(schema: z.ZodType | undefined, body: Json): void {
  if (schema === undefined || !isJsonObject(body) || !isLimited(schema)) return;
  const limit = typeof body.limit === "string" || typeof body.limit === "number" ? Number(body.limit) : 0;
  if (limit > maximumLimit) throw unprocessable(`Invalid limit: must be less than or equal to ${maximumLimit}.`);
  if (limit < 0) throw unprocessable("Invalid limit: must be greater than or equal to 0.");
}

function respond(operation: Operation, answer: unknown): Response | Promise<Response> {
  if (answer instanceof Response) return answer;
  const reply =
    answer instanceof Reply ? answer : new Reply(operation.status ?? (operation.response === undefined ? 204 : 200), answer);
  if (reply.status === 204) return new Response(null, { status: 204, headers: reply.headers });
  const made = { status: reply.status, headers: { ...jsonHeaders, ...reply.headers } };
  const body = jsonBody(reply.value ?? null);
  return body instanceof Promise ? body.then((later) => new Response(later, made)) : new Response(body, made);
}

/** Returns the response for an error thrown by an operation; null for an unexpected error. */
export function responseForError(error: unknown): Response | null {
  const known = knownError(error);
  return known === null ? null : errorResponse(known);
}
