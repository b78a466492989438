import { refusalOf, tagRefusalOf } from "../domain/concurrency/admission.ts";
import { nameOfTag, tagOf } from "../domain/concurrency/tags.ts";
import { retryAfterSeconds } from "../domain/concurrency/waiting.ts";
import type { Sources } from "../domain/surroundings.ts";
import type { SlotMode } from "../schemas/concurrency-limits-v2.ts";
import type { Database } from "../store/client.ts";
import type { LeaseHolder } from "../store/concurrency-limits/leases.ts";
import type { LimitNow } from "../store/concurrency-limits/rows.ts";
import { allAllowSome, allDecay, takeLeasedSlots, takeUnheldSlots } from "../store/concurrency-limits/slots.ts";
import { centurySeconds } from "../store/concurrency-limits/tag-limits.ts";
import { always } from "../store/sql/tag.ts";

/** The dependencies of the use cases in this file. */
type SlotDeps = Pick<Sources, "now" | "random"> & { readonly db: Database };

interface Asked {
  readonly names: readonly string[];
  readonly slots: number;
  readonly mode: SlotMode;
}

/** The outcome of a request for slots: all were taken, or none. */
export type SlotsOutcome =
  | { readonly kind: "taken"; readonly limits: readonly LimitNow[] }
  | { readonly kind: "more_than_limit" }
  | { readonly kind: "without_decay"; readonly names: readonly string[] }
  | { readonly kind: "full"; readonly retry_after_seconds: number };

/**
 * Takes slots of all named limits or of none; they stay taken until they are released or decay. One round trip: the batch decides,
 * and the rows that it read give the reason of a refusal.
 */
export async function takeSlots({ db, now, random }: SlotDeps, asked: Asked): Promise<SlotsOutcome> {
  const { names, slots } = asked;
  const { taken, limits } = await takeUnheldSlots(db, { names, slots, guard: guardOf(asked), now: now() });
  return taken ? { kind: "taken", limits } : refused(limits, asked, random());
}

/** Takes slots as `takeSlots`, with a lease that ends unless it is renewed; also when none of the names has a limit. */
export async function takeSlotsWithLease(
  { db, now, random }: SlotDeps,
  asked: Asked,
  lease: { readonly lease_id: string; readonly ttl_seconds: number; readonly holder: LeaseHolder | null },
): Promise<SlotsOutcome> {
  const { names, slots } = asked;
  const { taken, limits } = await takeLeasedSlots(db, names, {
    ...lease,
    limits: { names },
    slots,
    now: now(),
    guard: guardOf(asked),
  });
  return taken ? { kind: "taken", limits } : refused(limits, asked, random());
}

const guardOf = ({ names, mode }: Asked) => (mode === "rate_limit" ? allDecay({ names }) : always);

function refused(limits: readonly LimitNow[], asked: Asked, chance: number): SlotsOutcome {
  const refusal = refusalOf(limits, asked);
  if (refusal.kind !== "full") return refusal;
  const active = limits.filter((limit) => limit.active);
  return { kind: "full", retry_after_seconds: retryAfterSeconds(active, asked.slots, chance) };
}

/** The outcome of a task run's request for a slot of each of its tags. */
export type TagSlotsOutcome =
  | { readonly kind: "taken"; readonly limits: readonly LimitNow[] }
  | { readonly kind: "forbidden" | "full"; readonly tag: string };

/** Takes one slot of every active limit on these tags for a task run, or none. */
export async function takeTagSlots(
  { db, now }: Pick<SlotDeps, "db" | "now">,
  { tags, task_run_id, lease_id }: { tags: readonly string[]; task_run_id: string; lease_id: string },
): Promise<TagSlotsOutcome> {
  const names = tags.map(nameOfTag);
  const { taken, limits } = await takeLeasedSlots(db, names, {
    lease_id,
    limits: { names, active_only: true },
    slots: 1,
    ttl_seconds: centurySeconds,
    holder: { type: "task_run", id: task_run_id },
    now: now(),
    guard: allAllowSome({ names }),
  });
  const refusal = taken ? null : tagRefusalOf(limits);
  return refusal === null
    ? { kind: "taken", limits: limits.filter((limit) => limit.active) }
    : { kind: refusal.kind, tag: tagOf(refusal.name) };
}
