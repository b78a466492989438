import * as z from "zod";
import { escapeText, isReservedName } from "../domain/blocks/type-texts.ts";
import { serverVersion } from "../http/api-version.ts";
import { conflict, forbidden, found, notFound } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentBlockType } from "../present/block-types.ts";
import { blockType, blockTypeCreate, blockTypeList, blockTypeUpdate, bySlug } from "../schemas/block-types.ts";
import { byId } from "../schemas/common.ts";
import { installProtectedBlockTypes, withSystemBlocks } from "../services/system-block-types.ts";
import { updateBlockType } from "../services/update-block-type.ts";
import { listBlockTypes, readBlockType, readBlockTypeBySlug } from "../store/block-types/read.ts";
import { createBlockType, deleteBlockType } from "../store/block-types/write.ts";

const tag = "Block types";
const absent = "Block type not found";

export const blockTypeOperations = [
  operation({
    method: "POST",
    path: "/block_types/",
    tag,
    scope: "manage_blocks",
    audited: "block_type",
    summary: "Create Block Type",
    body: blockTypeCreate,
    response: blockType,
    status: 201,
    errors: [403, 409],
    handle: async ({ body, deps }) => {
      if (isReservedName(body.name)) throw forbidden("Block type names beginning with 'Prefect' are reserved.");
      const now = deps.now();
      const row = {
        ...body,
        description: escapeText(body.description),
        code_example: escapeText(body.code_example),
        id: deps.newId(),
        created: now,
        updated: now,
        is_protected: false,
      };
      deps.db.about({ id: row.id, name: row.name });
      if (!(await createBlockType(deps.db, row, { now, eventId: deps.newId() })))
        throw conflict(`Block type with name "${body.name}" already exists`);
      return presentBlockType(row);
    },
  }),
  operation({
    method: "GET",
    path: "/block_types/{id}",
    tag,
    scope: "see_blocks",
    summary: "Read Block Type By Id",
    params: byId,
    response: blockType,
    handle: async ({ params, deps }) => presentBlockType(found(await readBlockType(deps.db, params.id), absent)),
  }),
  operation({
    method: "GET",
    path: "/block_types/slug/{slug}",
    tag,
    scope: "see_blocks",
    summary: "Read Block Type By Slug",
    params: bySlug,
    response: blockType,
    errors: [404],
    handle: async ({ params, deps }) => {
      const read = (beside: Parameters<typeof readBlockTypeBySlug>[2]) => readBlockTypeBySlug(deps.db, params.slug, beside);
      return presentBlockType(found(await withSystemBlocks(deps, serverVersion, read, (type) => type === null), absent));
    },
  }),
  operation({
    method: "POST",
    path: "/block_types/filter",
    tag,
    scope: "see_blocks",
    summary: "Read Block Types",
    body: blockTypeList,
    bodyRequired: false,
    response: z.array(blockType),
    handle: async ({ body, deps }) => {
      const rows = await withSystemBlocks(deps, serverVersion, (beside) => listBlockTypes(deps.db, body, beside));
      return rows.map(presentBlockType);
    },
  }),
  operation({
    method: "PATCH",
    path: "/block_types/{id}",
    tag,
    scope: "manage_blocks",
    audited: "block_type",
    summary: "Update Block Type",
    params: byId,
    body: blockTypeUpdate,
    handle: async ({ params, body, deps }) => {
      if (!(await updateBlockType(deps, params.id, body))) throw notFound(absent);
    },
  }),
  operation({
    method: "DELETE",
    path: "/block_types/{id}",
    tag,
    scope: "manage_blocks",
    audited: "block_type",
    summary: "Delete Block Type",
    params: byId,
    errors: [403],
    handle: async ({ params, deps }) => {
      const outcome = await deleteBlockType(deps.db, params.id, { now: deps.now(), eventId: deps.newId() });
      if (outcome === "not_found") throw notFound(absent);
      if (outcome === "protected") throw forbidden("protected block types cannot be deleted.");
    },
  }),
  operation({
    method: "POST",
    path: "/block_types/install_system_block_types",
    tag,
    scope: "manage_blocks",
    audited: "block_type",
    summary: "Install System Block Types",
    response: z.null(),
    handle: async ({ deps }) => {
      await installProtectedBlockTypes(deps);
      return null;
    },
  }),
];
