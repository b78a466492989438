import * as z from "zod";
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from "zod-openapi";
import { list } from "../schemas/lists.ts";
import type { Operation } from "./operation.ts";

const detail = z.object({ detail: z.string() }).register(z.globalRegistry, { id: "ErrorDetail" });
const message = z.object({ exception_message: z.string() }).register(z.globalRegistry, { id: "ErrorMessage" });
const fault = z
  .object({
    type: z.string(),
    loc: z.array(z.union([z.string(), z.number().int()])),
    msg: z.string(),
    input: z.unknown().optional(),
    ctx: z.record(z.string(), z.unknown()).optional(),
  })
  .register(z.globalRegistry, { id: "ValidationFault" });
const invalid = z
  .object({ exception_message: z.string(), exception_detail: list(fault), request_body: z.unknown() })
  .register(z.globalRegistry, { id: "ValidationError" });
const notReady = z.object({ message: z.string() }).register(z.globalRegistry, { id: "NotReady" });

interface ErrorStatus {
  readonly description: string;
  readonly body: z.ZodType;
  /** Whether `Retry-After` may tell when to come again. */
  readonly retry?: boolean;
}

const errorStatuses: ReadonlyMap<number, ErrorStatus> = new Map<number, ErrorStatus>([
  [400, { description: "Bad Request", body: detail }],
  [401, { description: "Unauthorized", body: message }],
  [403, { description: "Forbidden", body: detail }],
  [404, { description: "Not Found", body: z.union([detail, message]) }],
  [409, { description: "Conflict", body: detail }],
  [410, { description: "Gone", body: detail }],
  [413, { description: "Content Too Large", body: detail }],
  [422, { description: "Validation Error", body: z.union([invalid, detail]) }],
  [423, { description: "Locked", body: detail, retry: true }],
  [503, { description: "Service Unavailable", body: z.union([message, notReady]), retry: true }],
]);

/** Returns the statuses of errors that an operation may answer with: the general ones by rule, its own as declared. */
function errorsOf(operation: Operation, uuids: ReadonlySet<string>): number[] {
  const readsBody = operation.body !== undefined;
  const takesInput = readsBody || operation.query !== undefined || operation.params !== undefined;
  const statuses = new Set([
    // A malformed `Host` is refused everywhere, and so are foreign sites of a server without credentials.
    400,
    403,
    503,
    ...(operation.scope === null ? [] : [401]),
    ...(uuids.size > 0 ? [404] : []),
    ...(readsBody ? [413] : []),
    ...(takesInput ? [422] : []),
    ...(operation.errors ?? []),
  ]);
  return [...statuses].sort((a, b) => a - b);
}

/** Returns the descriptions of all answers that an operation gives, by status. */
export function responsesOf(operation: Operation, uuids: ReadonlySet<string>): ZodOpenApiResponsesObject {
  const json = (schema: z.ZodType) => ({ "application/json": { schema } });
  const { response, media } = operation;
  const status = operation.status ?? (response === undefined ? 204 : 200);
  const success: ZodOpenApiResponseObject = {
    description: "Successful Response",
    ...(response !== undefined && { content: json(response) }),
    ...(media !== undefined && { content: { [media]: { schema: { type: "string" } } } }),
  };
  const errors = errorsOf(operation, uuids).map((code): [number, ZodOpenApiResponseObject] => {
    const known = errorStatuses.get(code);
    if (known === undefined) throw new Error(`${operation.method} ${operation.path} answers with an unknown status: ${code}`);
    const { description, body, retry } = known;
    const headers = { "Retry-After": { description: "Seconds to wait", schema: { type: "string" as const } } };
    return [code, { description, content: json(body), ...(retry === true && { headers }) }];
  });
  return Object.fromEntries<ZodOpenApiResponseObject>([
    [status, success],
    ...(operation.otherStatus === undefined ? [] : [[operation.otherStatus, success] as const]),
    ...errors,
  ]);
}
