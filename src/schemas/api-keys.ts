import * as z from "zod";
import { timestamp, uuid, wireTime } from "./common.ts";
import { listBody } from "./filters/bodies.ts";
import { createdBy } from "./flow-runs.ts";

/** The roles of API keys, as the workspace roles of Prefect Cloud; each may do what the one before it may. */
export const roles = ["viewer", "runner", "worker", "developer", "owner"] as const;
export type Role = (typeof roles)[number];

/** The most keys of one database; revoked and expired ones make room for new ones. */
export const maximumKeys = 1000;

/** A key's name, which stands before the colon of `name:key`: at most a hundred characters. */
export const keyName = z.string().regex(/^[\w.@+-][\w .@+-]{0,99}$/);

const role = z.enum(roles).register(z.globalRegistry, { id: "ApiKeyRole" });

export const apiKey = z
  .object({
    id: uuid(),
    created: wireTime(),
    name: z.string(),
    role: z.string(),
    /** The first characters of the key. */
    prefix: z.string(),
    expires: wireTime().nullable(),
    /** To the minute. */
    last_used: wireTime().nullable(),
    created_by: createdBy.nullable(),
    revoked: wireTime().nullable(),
  })
  .register(z.globalRegistry, { id: "ApiKey" });
export type ApiKey = z.input<typeof apiKey>;

/** The only answer that has the key itself. */
export const newApiKey = apiKey.extend({ key: z.string() }).register(z.globalRegistry, { id: "NewApiKey" });

export const apiKeyCreate = z
  .strictObject({ name: keyName, role, expires: timestamp().nullable().default(null) })
  .register(z.globalRegistry, { id: "ApiKeyCreate" });

export const apiKeyList = listBody({});
