import * as z from "zod";
import { blockSchema } from "./block-schemas.ts";
import { blockType } from "./block-types.ts";
import { boolean, dashedName, jsonObject, namePattern, optional, uuid, wireTime } from "./common.ts";
import { blockDocumentFilter, blockSchemaFilter, blockTypeFilter } from "./filters/blocks.ts";
import { countBody, listBody, withDefault } from "./filters/bodies.ts";

export const blockDocument = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string().nullable(),
    data: jsonObject(),
    block_schema_id: uuid(),
    block_schema: blockSchema.nullable(),
    block_type_id: uuid(),
    block_type_name: z.string().nullable(),
    block_type: blockType.nullable(),
    block_document_references: jsonObject(),
    is_anonymous: z.boolean(),
  })
  .register(z.globalRegistry, { id: "BlockDocument" });
export type BlockDocument = z.input<typeof blockDocument>;

const documentName = () => dashedName("Block document name", z.string().regex(namePattern, { abort: true }));

export const blockDocumentCreate = z
  .strictObject({
    name: documentName().nullable().default(null),
    data: jsonObject().default({}),
    block_schema_id: uuid(),
    block_type_id: uuid(),
    is_anonymous: boolean().default(false),
  })
  .refine(({ name, is_anonymous }) => is_anonymous || (name !== null && name !== ""), {
    message: "Value error, Names must be provided for block documents.",
  })
  .register(z.globalRegistry, { id: "BlockDocumentCreate" });
export type BlockDocumentCreate = z.output<typeof blockDocumentCreate>;

export const blockDocumentUpdate = z
  .strictObject({
    block_schema_id: uuid().nullable().optional(),
    data: jsonObject().optional(),
    merge_existing_data: boolean().default(true),
  })
  .register(z.globalRegistry, { id: "BlockDocumentUpdate" });
export type BlockDocumentUpdate = z.output<typeof blockDocumentUpdate>;

export const blockDocumentSort = z
  .enum(["NAME_DESC", "NAME_ASC", "BLOCK_TYPE_AND_NAME_ASC"])
  .register(z.globalRegistry, { id: "BlockDocumentSort" });
export type BlockDocumentSort = z.output<typeof blockDocumentSort>;

const filters = {
  block_documents: optional(blockDocumentFilter),
  block_types: optional(blockTypeFilter),
  block_schemas: optional(blockSchemaFilter),
};

export const blockDocumentList = listBody({
  ...filters,
  include_secrets: withDefault(boolean(), false),
  sort: withDefault(blockDocumentSort, "NAME_ASC"),
});
export const blockDocumentCount = countBody(filters);

export const secretsQuery = z.object({ include_secrets: boolean().default(false) });
export const bySlugAndName = z.object({ slug: z.string(), block_document_name: z.string() });
