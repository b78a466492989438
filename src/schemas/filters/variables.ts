import type * as z from "zod";
import { optional } from "../common.ts";
import { flag, joined, like, members, texts, uuids } from "./members.ts";

/** What of a variable can be asked for. */
export const variableFilter = joined("VariableFilter", {
  id: optional(members("VariableFilterId", { any_: uuids() })),
  name: optional(members("VariableFilterName", { any_: texts(), like_: like() })),
  tags: optional(joined("VariableFilterTags", { all_: texts(), is_null_: flag() })),
});

export type VariableFilter = z.output<typeof variableFilter>;
