import type * as z from "zod";
import { optional } from "../common.ts";
import { flag, joined, like, members, texts, uuids } from "./members.ts";

/** The conditions on a flow. */
export const flowFilter = joined("FlowFilter", {
  id: optional(members("FlowFilterId", { any_: uuids(), not_any_: uuids() })),
  deployment: optional(joined("FlowFilterDeployment", { is_null_: flag() })),
  name: optional(members("FlowFilterName", { any_: texts(), like_: like() })),
  tags: optional(joined("FlowFilterTags", { all_: texts(), is_null_: flag() })),
});

export type FlowFilter = z.output<typeof flowFilter>;
