import type * as z from "zod";
import { optional } from "../common.ts";
import { flag, joined, members, texts, time, uuids } from "./members.ts";

/** What of an automation can be asked for. */
export const automationFilter = joined("AutomationFilter", {
  id: optional(members("AutomationFilterId", { any_: uuids() })),
  name: optional(members("AutomationFilterName", { any_: texts() })),
  created: optional(members("AutomationFilterCreated", { before_: time() })),
  tags: optional(joined("AutomationFilterTags", { all_: texts(), any_: texts(), is_null_: flag() })),
});

export type AutomationFilter = z.output<typeof automationFilter>;
