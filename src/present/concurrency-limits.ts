import { formatTime } from "../lib/time.ts";
import type { ConcurrencyLimit } from "../schemas/concurrency-limits.ts";
import type { ConcurrencyLimitHolder, ConcurrencyLimitV2, GlobalConcurrencyLimit } from "../schemas/concurrency-limits-v2.ts";
import type { Holding } from "../store/concurrency-limits/holders.ts";
import type { LimitNow } from "../store/concurrency-limits/rows.ts";
import type { TagLimit } from "../store/concurrency-limits/tag-limits.ts";

/** Returns a global limit as in its own responses and those of deployments. */
export const presentGlobalLimit = (limit: LimitNow): GlobalConcurrencyLimit => ({
  id: limit.id,
  created: formatTime(limit.created),
  updated: formatTime(limit.updated),
  active: limit.active,
  name: limit.name,
  limit: limit.limit,
  active_slots: limit.active_slots,
  slot_decay_per_second: limit.slot_decay_per_second,
});

/** Returns a new global limit as in the response to its creation. */
export const presentNewLimit = (limit: LimitNow): ConcurrencyLimitV2 => ({
  ...presentGlobalLimit(limit),
  denied_slots: limit.denied_slots,
  avg_slot_occupancy_seconds: limit.avg_slot_occupancy_seconds,
});

/** Returns a global limit as in responses to requests for slots. */
export const presentMinimalLimit = ({ id, name, limit }: Pick<LimitNow, "id" | "name" | "limit">) => ({ id, name, limit });

/** Returns a limit on a tag as in responses. */
export const presentTagLimit = ({ limit, tag, task_run_ids }: TagLimit): ConcurrencyLimit => ({
  id: limit.id,
  created: formatTime(limit.created),
  updated: formatTime(limit.updated),
  tag,
  concurrency_limit: limit.limit,
  active_slots: [...task_run_ids],
});

/** Returns a holder of slots as in the list of holders. */
export const presentHolder = ({ lease_id, holder_type, holder_id, slots, since, expires }: Holding): ConcurrencyLimitHolder => ({
  lease_id,
  holder: holder_type === null || holder_id === null ? null : { type: holder_type, id: holder_id },
  slots,
  since: formatTime(since),
  expires: expires === null ? null : formatTime(expires),
});
