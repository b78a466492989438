import { formatTime } from "../lib/time.ts";
import type { ObservedState } from "../schemas/observed-states.ts";
import type { ObservedStateRow } from "../store/observed-states/read.ts";

/** Returns a pair of type and name as it stands in answers. */
export const presentObservedState = ({ first_seen, last_seen, ...row }: ObservedStateRow): ObservedState => ({
  ...row,
  first_seen: formatTime(first_seen),
  last_seen: formatTime(last_seen),
});
