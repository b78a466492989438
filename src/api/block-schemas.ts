import * as z from "zod";
import { serverVersion } from "../http/api-version.ts";
import { conflict, forbidden, found, notFound, unprocessable } from "../http/errors.ts";
import { createdOrFound, operation } from "../http/operation.ts";
import { presentBlockSchema, presentWithFields } from "../present/block-schemas.ts";
import { blockSchema, blockSchemaCreate, blockSchemaList, byChecksum, versionQuery } from "../schemas/block-schemas.ts";
import { byId } from "../schemas/common.ts";
import { createBlockSchema } from "../services/create-block-schema.ts";
import { withSystemBlocks } from "../services/system-block-types.ts";
import { listBlockSchemas, readBlockSchema, readBlockSchemaByChecksum } from "../store/block-schemas/read.ts";
import { deleteBlockSchema } from "../store/block-schemas/write.ts";

const tag = "Block schemas";
const absent = "Block schema not found";

export const blockSchemaOperations = [
  operation({
    method: "POST",
    path: "/block_schemas/",
    tag,
    scope: "manage_blocks",
    audited: "block_schema",
    summary: "Create Block Schema",
    body: blockSchemaCreate,
    response: blockSchema,
    status: 201,
    otherStatus: 200,
    errors: [404, 409],
    handle: async ({ body, deps }) => {
      const outcome = await createBlockSchema(deps, body);
      switch (outcome.kind) {
        case "created":
          return createdOrFound(true, presentWithFields(outcome.stored, outcome.fields));
        case "existing":
          return createdOrFound(false, presentBlockSchema(outcome.schema));
        case "type_not_found":
          throw notFound(`Block type ${body.block_type_id} not found.`);
        case "nested_type_not_found":
          throw conflict(
            `Cannot create block schema because block type '${outcome.slug}' was not found.Did you forget to register the block type?`,
          );
        case "refused":
          throw unprocessable(outcome.reason);
      }
    },
  }),
  operation({
    method: "GET",
    path: "/block_schemas/{id}",
    tag,
    scope: "see_blocks",
    summary: "Read Block Schema By Id",
    params: byId,
    response: blockSchema,
    handle: async ({ params, deps }) => presentBlockSchema(found(await readBlockSchema(deps.db, params.id), absent)),
  }),
  operation({
    method: "GET",
    path: "/block_schemas/checksum/{checksum}",
    tag,
    scope: "see_blocks",
    summary: "Read Block Schema By Checksum",
    params: byChecksum,
    query: versionQuery,
    response: blockSchema,
    errors: [404],
    handle: async ({ params: { checksum }, query: { version }, deps }) => {
      const read = (beside: Parameters<typeof readBlockSchemaByChecksum>[2]) =>
        readBlockSchemaByChecksum(deps.db, { checksum, version }, beside);
      return presentBlockSchema(found(await withSystemBlocks(deps, serverVersion, read, (one) => one === null), absent));
    },
  }),
  operation({
    method: "POST",
    path: "/block_schemas/filter",
    tag,
    scope: "see_blocks",
    summary: "Read Block Schemas",
    body: blockSchemaList,
    bodyRequired: false,
    response: z.array(blockSchema),
    handle: ({ body, deps }) => listBlockSchemas(deps.db, body).map(presentBlockSchema),
  }),
  operation({
    method: "DELETE",
    path: "/block_schemas/{id}",
    tag,
    scope: "manage_blocks",
    audited: "block_schema",
    summary: "Delete Block Schema",
    params: byId,
    errors: [403],
    handle: async ({ params, deps }) => {
      const outcome = await deleteBlockSchema(deps.db, params.id);
      if (outcome === "not_found") throw notFound(absent);
      if (outcome === "protected") throw forbidden("Block schemas for protected block types cannot be deleted.");
    },
  }),
];
