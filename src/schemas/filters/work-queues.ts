import type * as z from "zod";
import { optional } from "../common.ts";
import { joined, members, texts, uuids } from "./members.ts";

/** What of a work queue can be asked for. */
export const workQueueFilter = joined("WorkQueueFilter", {
  id: optional(members("WorkQueueFilterId", { any_: uuids() })),
  name: optional(members("WorkQueueFilterName", { any_: texts(), startswith_: texts() })),
});

export type WorkQueueFilter = z.output<typeof workQueueFilter>;
