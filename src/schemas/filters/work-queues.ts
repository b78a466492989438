import type * as z from "zod";
import { optional } from "../common.ts";
import { joined, likes, members, texts, uuids } from "./members.ts";

/** The conditions on a work queue. */
export const workQueueFilter = joined("WorkQueueFilter", {
  id: optional(members("WorkQueueFilterId", { any_: uuids() })),
  name: optional(members("WorkQueueFilterName", { any_: texts(), startswith_: likes() })),
});

export type WorkQueueFilter = z.output<typeof workQueueFilter>;
