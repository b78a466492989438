import type { Context } from "hono";
import * as z from "zod";
import type { Deps } from "../deps.ts";
import type { MemoryLease } from "../lib/memory.ts";
import { rawNumber } from "../schemas/common.ts";
import { maximumLimit } from "../schemas/filters/bodies.ts";
import { isJsonObject, isRawJson, type Json } from "../schemas/json.ts";
import { checkApiVersion } from "./api-version.ts";
import { type Body, readBody } from "./body.ts";
import { errorResponse, type Fault, faultsOf, invalidRequest, jsonHeaders, knownError, unprocessable } from "./errors.ts";
import { jsonBody } from "./json-body.ts";
import { type Operation, Reply } from "./operation.ts";
import type { Found, Parameters } from "./paths.ts";

/** What Hono carries for a request of ours. */
export type AppEnv = { Variables: { deps: Deps; route: string } };

/** Performs an operation: reads and validates its input, calls its handler, writes its answer. */
export async function perform(found: Found, c: Context<AppEnv>): Promise<Response> {
  c.set("route", found.operation.path);
  const deps = c.get("deps");
  const lease = deps.bodies.lease();
  try {
    return await performHeld(found, c, lease);
  } catch (error) {
    // Rows that were read and are never taken would hold their memory for a minute.
    deps.db.releaseAll();
    throw error;
  } finally {
    lease.release();
  }
}

async function performHeld({ operation, params }: Found, c: Context<AppEnv>, lease: MemoryLease): Promise<Response> {
  const body = operation.body === undefined ? undefined : await readBody(c.req.raw, lease);
  if (operation.anyVersion !== true) checkApiVersion(c.req.raw.headers);
  const input = validate(operation, { params, query: queryOf(c.req.raw), body });
  const answer = await operation.handle({ ...input, deps: c.get("deps"), request: c.req.raw });
  return respond(operation, answer);
}

// Of repeated parameters the last counts (errors.md "Paths").
const queryOf = ({ url }: Request): Parameters => (url.includes("?") ? Object.fromEntries(new URL(url).searchParams) : {});

interface Raw {
  readonly params: Parameters;
  readonly query: Parameters;
  readonly body: Body | undefined;
}

function validate(operation: Operation, raw: Raw): { params: unknown; query: unknown; body: unknown } {
  const faults: Fault[] = [];
  const shown =
    raw.body === undefined || raw.body.kind === "none" ? null : raw.body.kind === "json" ? raw.body.value : raw.body.text;
  const check: Check = (schema, input, where, sent = input) => {
    if (schema === undefined) return undefined;
    const outcome = schema.safeParse(input);
    if (outcome.success) return outcome.data;
    faults.push(...faultsOf(outcome.error.issues, where, sent));
    return undefined;
  };
  const params = check(operation.params, raw.params, "path");
  const query = check(operation.query, raw.query, "query");
  const body = raw.body === undefined ? undefined : checkBody(operation, raw.body, faults, check);
  if (faults.length > 0) throw invalidRequest(faults, shown);
  return { params, query, body };
}

type Check = (schema: z.ZodType | undefined, input: unknown, where: string, sent?: unknown) => unknown;

function checkBody(operation: Operation, body: Body, faults: Fault[], check: Check): unknown {
  const absent = body.kind === "none" || (body.kind === "json" && body.value === null);
  // Members that the reference declares one by one are missing each for itself.
  if (absent && operation.body !== undefined && z.globalRegistry.get(operation.body)?.separate === true)
    return check(operation.body, {}, "body", null);
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
  const value = body.kind === "json" && body.value !== null ? body.value : {};
  checkLimit(operation.body, value);
  return check(operation.body, value, "body");
}

// The bounds of `limit` are checked before all else and have an answer of their own (errors.md, filters.md 1).
function checkLimit(schema: z.ZodType | undefined, body: Json): void {
  if (schema === undefined || z.globalRegistry.get(schema)?.limited !== true || !isJsonObject(body)) return;
  const limit = isRawJson(body.limit)
    ? rawNumber(body.limit)
    : typeof body.limit === "string" || typeof body.limit === "number"
      ? Number(body.limit)
      : 0;
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

/** Returns the response for anything thrown by an operation; null if it is a fault of ours. */
export function responseForError(error: unknown): Response | null {
  const known = knownError(error);
  return known === null ? null : errorResponse(known);
}
