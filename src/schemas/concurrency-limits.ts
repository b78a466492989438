import * as z from "zod";
import { integer, optional, uuid, wireTime } from "./common.ts";
import { list } from "./lists.ts";

/** A limit on a tag: a view of the global limit `tag:<tag>` and of the task runs that hold leases on it. */
export const concurrencyLimit = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    tag: z.string(),
    concurrency_limit: z.int(),
    active_slots: z.array(uuid()),
  })
  .register(z.globalRegistry, { id: "ConcurrencyLimit" });
export type ConcurrencyLimit = z.input<typeof concurrencyLimit>;

/** Any tag that can stand in the name of a global limit, the empty one too. */
const limitedTag = () => z.string().regex(/^[^/%&><]*$/);

export const concurrencyLimitCreate = z
  .strictObject({ tag: limitedTag(), concurrency_limit: integer({ min: 0 }) })
  .register(z.globalRegistry, { id: "ConcurrencyLimitCreate" });

export const tagLimitReset = z.object({ slot_override: optional(list(uuid())) });

/** Clients add `occupancy_seconds`, which is ignored. */
export const tagSlots = z.object({ names: list(z.string()), task_run_id: uuid() });
