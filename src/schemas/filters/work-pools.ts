import type * as z from "zod";
import { optional } from "../common.ts";
import { joined, members, texts, uuids } from "./members.ts";

/** The conditions on a work pool. */
export const workPoolFilter = joined("WorkPoolFilter", {
  id: optional(members("WorkPoolFilterId", { any_: uuids() })),
  name: optional(members("WorkPoolFilterName", { any_: texts() })),
  type: optional(members("WorkPoolFilterType", { any_: texts() })),
});

export type WorkPoolFilter = z.output<typeof workPoolFilter>;
