import type * as z from "zod";
import { optional } from "../common.ts";
import { requestBounds } from "../lists.ts";
import { flag, joined, like, members, texts, uuids } from "./members.ts";

/** What of a block type can be asked for. */
export const blockTypeFilter = members("BlockTypeFilter", {
  name: optional(members("BlockTypeFilterName", { like_: like() })),
  slug: optional(members("BlockTypeFilterSlug", { any_: texts() })),
});

/** What of a block schema can be asked for. */
export const blockSchemaFilter = joined("BlockSchemaFilter", {
  block_type_id: optional(members("BlockSchemaFilterBlockTypeId", { any_: uuids() })),
  block_capabilities: optional(members("BlockSchemaFilterCapabilities", { all_: texts(requestBounds.capabilities) })),
  id: optional(members("BlockSchemaFilterId", { any_: uuids() })),
  version: optional(members("BlockSchemaFilterVersion", { any_: texts() })),
});

/** What of a block document can be asked for; without a word on anonymous ones they are left out. */
export const blockDocumentFilter = joined("BlockDocumentFilter", {
  id: optional(members("BlockDocumentFilterId", { any_: uuids() })),
  // Here null and absent differ: absent leaves anonymous documents out, null is no condition.
  is_anonymous: members("BlockDocumentFilterIsAnonymous", { eq_: flag() }).nullable().default({ eq_: false }),
  block_type_id: optional(members("BlockDocumentFilterBlockTypeId", { any_: uuids() })),
  name: optional(members("BlockDocumentFilterName", { any_: texts(), like_: like() })),
});

export type BlockTypeFilter = z.output<typeof blockTypeFilter>;
export type BlockSchemaFilter = z.output<typeof blockSchemaFilter>;
export type BlockDocumentFilter = z.output<typeof blockDocumentFilter>;
