import type * as z from "zod";
import type { Scope } from "../domain/principal.ts";
import { isJsonObject, isRawJson, type Json, objectOf, stringifyJson } from "../lib/json.ts";
import { OutOfMemory } from "../lib/memory.ts";
import { SecretsUnavailable } from "../lib/secret-box.ts";
import { requestBounds } from "../schemas/lists.ts";
import { ConstraintViolation, DatabaseUnavailable, ResultTooLarge } from "../store/client.ts";

/** One entry of `exception_detail`, in pydantic's form. */
export interface Fault {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: Json;
  readonly ctx?: Record<string, Json>;
}

/** An error response: a status and a body in the API's form. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Json;
  readonly headers: Record<string, string>;
  constructor(status: number, body: Json, headers: Record<string, string> = {}) {
    super(`answered ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

const detail =
  (status: number) =>
  (text: string, headers?: Record<string, string>): ApiError =>
    new ApiError(status, { detail: text }, headers);

/** `{detail}` errors that a handler throws. */
export const badRequest = detail(400);
export const forbidden = detail(403);
/** 403 for a sender whose role has not what the request needs. */
export const missingScope = (scope: Scope): ApiError => forbidden(`This needs the scope ${scope}.`);
export const notFound = detail(404);
export const unauthorized = (headers?: Record<string, string>): ApiError =>
  new ApiError(401, { exception_message: "Unauthorized" }, headers);
export const conflict = detail(409);
export const gone = detail(410);
export const unprocessable = detail(422);
export const locked = detail(423);

/** 404 for objects that the reference looks up below its handlers: `{exception_message}`. */
export const missing = (text: string): ApiError => new ApiError(404, { exception_message: text });

/** 409 for a violated unique or foreign key constraint, where the group has no text of its own. */
export const integrityConflict = (): ApiError =>
  conflict(
    "Data integrity conflict. This usually means a unique or foreign key constraint was violated. See server logs for details.",
  );

/** Returns an error without what it repeats of the request. */
export function withoutInput(error: ApiError): ApiError {
  const { body } = error;
  if (!isJsonObject(body) || !("request_body" in body)) return error;
  const faults = Array.isArray(body.exception_detail) ? body.exception_detail : [];
  const exception_detail = faults.map((fault) => ({ ...objectOf(fault), input: null }));
  return new ApiError(error.status, { ...body, exception_detail, request_body: null }, error.headers);
}

/**
 * 422 for a request that does not match its schema, with the first hundred faults (`prefect/server/api/server.py
 * validation_exception_handler`).
 */
export const invalidRequest = (faults: readonly Fault[], requestBody: Json): ApiError =>
  new ApiError(422, {
    exception_message: "Invalid request received.",
    exception_detail: withoutRepetitions(faults.slice(0, requestBounds.faults)),
    // To write a large body again holds up everything else as long as to parse it did.
    request_body: sizeWithin(requestBody, requestBounds.repeated) > requestBounds.repeated ? null : (requestBody ?? null),
  });

// Each fault repeats its input, which may be the whole body: their total size is bounded.
function withoutRepetitions(faults: readonly Fault[]): Fault[] {
  let left: number = requestBounds.repeated;
  return faults.map((fault) => {
    left -= sizeWithin(fault.input, left);
    return left >= 0 ? fault : { ...fault, input: null };
  });
}

/** Returns the approximate size of a value's JSON in characters; the count stops above `limit`. */
function sizeWithin(value: Json, limit: number): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null || isRawJson(value)) return 8;
  let size = 2;
  // Without Object.entries: its result for a list of two million numbers does not fit into memory.
  if (Array.isArray(value)) {
    for (const member of value) {
      if (size > limit) break;
      size += 1 + sizeWithin(member, limit - size);
    }
    return size;
  }
  for (const key of Object.keys(value)) {
    if (size > limit) break;
    size += key.length + 4 + sizeWithin(Reflect.get(value, key), limit - size);
  }
  return size;
}

/** 422 for a template that cannot be parsed (`prefect/server/api/templates.py validate_template`). */
export const invalidTemplate = (error: { readonly line: number; readonly message: string; readonly source: string }): ApiError =>
  new ApiError(422, { error });

/** Returns the object; throws a 404 with this text when it is null. */
export function found<T>(object: T | null, text: string): T {
  if (object === null) throw notFound(text);
  return object;
}

const pydanticTypes: Partial<Record<string, string>> = {
  string: "string_type",
  number: "float_type",
  int: "int_type",
  boolean: "bool_type",
  array: "list_type",
  object: "model_attributes_type",
  record: "dict_type",
};

const names: Partial<Record<string, string>> = {
  string: "a valid string",
  array: "a valid list",
  object: "a valid dictionary or object to extract fields from",
  record: "a valid dictionary",
};

/** Returns the faults of a failed parse in the API's wording. `where` is "body", "query" or "path". */
export function faultsOf(issues: readonly z.core.$ZodIssue[], where: string, input: Json): Fault[] {
  const faults: Fault[] = [];
  for (const issue of extrasLast(issues)) {
    if (faults.length >= requestBounds.faults) break;
    faults.push(...faultsOfIssue(issue, where, input));
  }
  return faults.slice(0, requestBounds.faults);
}

// In pydantic's order: unknown members of an object come after the faults of its known ones.
function extrasLast(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const ordered: z.core.$ZodIssue[] = [];
  const waiting: z.core.$ZodIssue[] = [];
  const isWithin = (issue: z.core.$ZodIssue, { path }: z.core.$ZodIssue) => path.every((part, i) => issue.path[i] === part);
  for (const issue of issues) {
    for (let last = waiting.at(-1); last !== undefined && !isWithin(issue, last); last = waiting.at(-1)) {
      ordered.push(last);
      waiting.pop();
    }
    (issue.code === "unrecognized_keys" ? waiting : ordered).push(issue);
  }
  return [...ordered, ...waiting.reverse()];
}

function patternFault(issue: z.core.$ZodIssueInvalidStringFormat, loc: Fault["loc"], input: Json): Fault {
  if (!issue.message.startsWith("Invalid ")) return valueError(issue, loc, input);
  const pattern = issue.format === "regex" ? issue.pattern?.slice(1, issue.pattern.lastIndexOf("/")) : undefined;
  const type = "string_pattern_mismatch";
  if (pattern === undefined) return { type, loc, msg: issue.message, input };
  return { type, loc, msg: `String should match pattern '${pattern}'`, input, ctx: { pattern } };
}

/** Returns the fault of a rule whose schema has a message of its own, as of a validator in Python. */
function valueError({ message }: z.core.$ZodIssue, loc: Fault["loc"], input: Json): Fault {
  const ctx = contextOf("value_error", { message });
  return { type: "value_error", loc, msg: message, input, ...(ctx !== undefined && { ctx }) };
}

/** Returns `'a', 'b' or 'c'`. */
function listOfValues(values: readonly unknown[]): string {
  const quoted = values.map((value) => `'${String(value)}'`);
  const last = quoted.pop() ?? "";
  return quoted.length > 0 ? `${quoted.join(", ")} or ${last}` : last;
}

function faultsOfIssue(issue: z.core.$ZodIssue, where: string, whole: Json): Fault[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const loc = [where, ...path];
  const input = at(whole, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.slice(0, requestBounds.faults).map((key) => ({
        type: "extra_forbidden",
        loc: [...loc, key],
        msg: "Extra inputs are not permitted",
        input: at(input, [key]),
      }));
    case "invalid_type":
      if (input === undefined)
        return [{ type: "missing", loc, msg: "Field required", input: at(whole, path.slice(0, -1)) ?? null }];
      return [
        {
          type: pydanticTypes[issue.expected] ?? "value_error",
          loc,
          msg: `Input should be ${names[issue.expected] ?? issue.expected}`,
          input,
        },
      ];
    case "invalid_value": {
      const expected = listOfValues(issue.values);
      return [{ type: "enum", loc, msg: `Input should be ${expected}`, input, ctx: { expected } }];
    }
    case "invalid_union": {
      const inner = issue.errors.flatMap((errors) =>
        errors
          .slice(0, requestBounds.faults)
          .flatMap((e) => faultsOfIssue({ ...e, path: [...issue.path, ...e.path] }, where, whole)),
      );
      return inner.length > 0 ? inner : [{ type: "value_error", loc, msg: issue.message, input }];
    }
    case "custom": {
      const type = issue.params?.type;
      if (input === undefined && path.length > 0 && at(whole, path) === undefined)
        return [{ type: "missing", loc, msg: "Field required", input: at(whole, path.slice(0, -1)) ?? null }];
      const known = typeof type === "string" ? type : "value_error";
      const ctx = contextOf(known, issue);
      return [{ type: known, loc, msg: issue.message, input, ...(ctx !== undefined && { ctx }) }];
    }
    case "too_small":
      if (issue.origin === "array") return [tooShort(loc, Number(issue.minimum), input)];
      return [outOfRange(issue, loc, input)];
    case "too_big":
      return [outOfRange(issue, loc, input)];
    case "invalid_format":
      return [patternFault(issue, loc, input)];
    default:
      return [{ type: "value_error", loc, msg: issue.message, input }];
  }
}

type RangeIssue = z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall;

// Pydantic's wording for texts and numbers; a schema's own message is kept.
function outOfRange(issue: RangeIssue, loc: Fault["loc"], input: Json): Fault {
  const isBig = issue.code === "too_big";
  const bound = Number(isBig ? issue.maximum : issue.minimum);
  const isOwn = !/^Too (big|small): /.test(issue.message);
  if (issue.origin === "string") {
    const msg = `String should have at ${isBig ? "most" : "least"} ${bound} character${bound === 1 ? "" : "s"}`;
    const ctx = isBig ? { max_length: bound } : { min_length: bound };
    const type = isBig ? "string_too_long" : "string_too_short";
    return isOwn ? { type, loc, msg: issue.message, input } : { type, loc, msg, input, ctx };
  }
  const word = isBig ? "less" : "greater";
  const type = issue.inclusive === false ? `${word}_than` : `${word}_than_equal`;
  if (isOwn) return { type, loc, msg: issue.message, input };
  const msg = `Input should be ${word} than ${issue.inclusive === false ? "" : "or equal to "}${bound}`;
  const name = `${isBig ? "l" : "g"}${issue.inclusive === false ? "t" : "e"}`;
  return { type, loc, msg, input, ctx: { [name]: bound } };
}

// Pydantic serialises the exception behind a fault without its members.
function contextOf(type: string, { message, params }: Pick<z.core.$ZodIssueCustom, "message" | "params">): Fault["ctx"] {
  if (type === "value_error" && message.startsWith("Value error, ")) return { error: {} };
  return isJsonObject(params?.ctx) ? params.ctx : undefined;
}

function tooShort(loc: Fault["loc"], least: number, input: Json): Fault {
  const length = Array.isArray(input) ? input.length : 0;
  return {
    type: "too_short",
    loc,
    msg: `List should have at least ${least} item${least === 1 ? "" : "s"} after validation, not ${length}`,
    input,
    ctx: { field_type: "List", min_length: least, actual_length: length },
  };
}

function at(value: Json, path: readonly (string | number)[]): Json {
  let here = value;
  for (const part of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Object.getOwnPropertyDescriptor(here, part)?.value;
  }
  return here;
}

/** Returns the error response for a thrown value; null for an unexpected error (a 500). */
export function knownError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error instanceof ConstraintViolation) return integrityConflict();
  if (error instanceof SecretsUnavailable) return new ApiError(503, { detail: error.message });
  // The database also refuses a large result while the sum of its open results is too large.
  if (error instanceof DatabaseUnavailable || error instanceof OutOfMemory || error instanceof ResultTooLarge)
    return unavailable();
  return null;
}

/** 503 for a request that may be repeated shortly after. */
export const unavailable = (): ApiError =>
  new ApiError(503, { exception_message: "Service Unavailable" }, { "retry-after": "1" });

/** The body of a 500, without internal details. */
export const internalError = (): ApiError => new ApiError(500, { exception_message: "Internal Server Error" });

export const jsonHeaders = { "content-type": "application/json" };

/** Returns an error as a response. */
export function errorResponse(error: ApiError): Response {
  return new Response(stringifyJson(error.body), { status: error.status, headers: { ...jsonHeaders, ...error.headers } });
}
