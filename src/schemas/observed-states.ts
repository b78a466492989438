import * as z from "zod";
import { integer, wireTime } from "./common.ts";

export const observedStateSort = z.enum(["LAST_SEEN_DESC", "NAME_ASC"]).register(z.globalRegistry, { id: "ObservedStateSort" });
export type ObservedStateSort = z.output<typeof observedStateSort>;

/** What the reference lists at most, and by default. */
const most = 200;

export const observedStateQuery = z.object({
  query: z.string().max(100).nullable().default(null),
  order_by: observedStateSort.default("LAST_SEEN_DESC"),
  limit: integer({ min: 1, max: most }).default(most),
});

export const observedState = z
  .object({ state_type: z.string(), state_name: z.string(), first_seen: wireTime(), last_seen: wireTime() })
  .meta({ id: "ObservedState" });
export type ObservedState = z.input<typeof observedState>;
