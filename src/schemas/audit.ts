import * as z from "zod";
import { optional, timestamp, uuid, wireTime } from "./common.ts";
import { limit, offset } from "./filters/bodies.ts";

/** The longest name that is compared: none is stored that is longer. */
const name = () => optional(z.string().max(500));

/** What the rows of the audit are filtered by: each member is one value, all given ones hold; newest first. */
export const auditList = z
  .strictObject({
    /** The name of a key or an automation, `configured`, `anonymous` or `command line`. */
    principal: name(),
    /** The id of a key or an automation. */
    principal_id: optional(uuid()),
    /** Method and path as the API's description has them: `DELETE /flows/{id}`. */
    operation: name(),
    object_id: optional(uuid()),
    object_name: name(),
    /** From this time on. */
    since: optional(timestamp()),
    /** Before this time. */
    until: optional(timestamp()),
    limit: limit(),
    offset: offset(),
  })
  .register(z.globalRegistry, { limited: true });
export type AuditList = z.output<typeof auditList>;

/** A change that was made. */
export const auditEntry = z
  .object({
    id: uuid(),
    occurred: wireTime(),
    principal: z.object({ type: z.string(), id: z.string().nullable(), name: z.string(), role: z.string().nullable() }),
    operation: z.string(),
    object: z.object({
      kind: z.string(),
      id: z.string().nullable(),
      name: z.string().nullable(),
      /** How many objects the request named, where it changed several. */
      count: z.number().int().nullable(),
    }),
    request_id: z.string().nullable(),
  })
  .register(z.globalRegistry, { id: "AuditEntry" });
export type AuditEntry = z.input<typeof auditEntry>;
