import * as z from "zod";
import { dashedName, objectName, optional, uuid, wireTime } from "./common.ts";
import { blockSchemaFilter, blockTypeFilter } from "./filters/blocks.ts";
import { listBody } from "./filters/bodies.ts";

export const blockType = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    slug: z.string(),
    logo_url: z.string().nullable(),
    documentation_url: z.string().nullable(),
    description: z.string().nullable(),
    code_example: z.string().nullable(),
    is_protected: z.boolean(),
  })
  .register(z.globalRegistry, { id: "BlockType" });
export type BlockType = z.input<typeof blockType>;

const url = () => z.string().trim().nullable().default(null);

export const blockTypeCreate = z
  .strictObject({
    name: objectName(),
    slug: dashedName("Block type slug"),
    logo_url: url(),
    documentation_url: url(),
    description: z.string().nullable().default(null),
    code_example: z.string().nullable().default(null),
  })
  .register(z.globalRegistry, { id: "BlockTypeCreate" });
export type BlockTypeCreate = z.output<typeof blockTypeCreate>;

const text = () => z.string().nullable().optional();
const changedUrl = () => z.string().trim().nullable().optional();

export const blockTypeUpdate = z
  .strictObject({ logo_url: changedUrl(), documentation_url: changedUrl(), description: text(), code_example: text() })
  .register(z.globalRegistry, { id: "BlockTypeUpdate" });
export type BlockTypeUpdate = z.output<typeof blockTypeUpdate>;

export const blockTypeList = listBody({ block_types: optional(blockTypeFilter), block_schemas: optional(blockSchemaFilter) });

export const bySlug = z.object({ slug: z.string() });
