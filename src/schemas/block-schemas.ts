import * as z from "zod";
import { stringifyJson } from "../lib/json.ts";
import { blockType } from "./block-types.ts";
import { jsonObject, optional, uuid, wireTime } from "./common.ts";
import { blockSchemaFilter } from "./filters/blocks.ts";
import { listBody } from "./filters/bodies.ts";
import { list, requestBounds } from "./lists.ts";

export const blockSchema = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    checksum: z.string(),
    fields: jsonObject(),
    block_type_id: uuid().nullable(),
    block_type: blockType.nullable(),
    capabilities: z.array(z.string()),
    version: z.string(),
  })
  .register(z.globalRegistry, { id: "BlockSchema" });
export type BlockSchema = z.input<typeof blockSchema>;

/** The version of a schema that says none. */
export const nonVersioned = "non-versioned";

export const blockSchemaCreate = z
  .strictObject({
    fields: jsonObject()
      .refine((fields) => stringifyJson(fields).length <= requestBounds.blockFields, {
        message: `Value error, the fields of a block schema have at most ${requestBounds.blockFields} characters`,
      })
      .default({}),
    block_type_id: uuid(),
    capabilities: list(z.string(), requestBounds.capabilities).default([]),
    version: z.string().default(nonVersioned),
  })
  .register(z.globalRegistry, { id: "BlockSchemaCreate" });
export type BlockSchemaCreate = z.output<typeof blockSchemaCreate>;

export const blockSchemaList = listBody({ block_schemas: optional(blockSchemaFilter) });

export const byChecksum = z.object({ checksum: z.string() });
export const versionQuery = z.object({ version: z.string().optional() });
