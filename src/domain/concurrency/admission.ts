/** The columns of one limit that decide whether a request for slots is granted. */
export interface RequestedLimit {
  readonly name: string;
  readonly limit: number;
  readonly active: boolean;
  readonly slot_decay_per_second: number;
}

/** Why no slots were granted; where several reasons apply, the first of this list. */
export type Refusal =
  /** The request is for more slots than one of the limits has. */
  | { readonly kind: "more_than_limit" }
  /** In mode `rate_limit` slots are freed by decay only; these limits have none. */
  | { readonly kind: "without_decay"; readonly names: readonly string[] }
  /** All slots are occupied: a later request may succeed. */
  | { readonly kind: "full" };

/**
 * Returns why the limits refused this number of slots; inactive limits are ignored (`prefect/server/api/concurrency_limits_v2.py
 * _acquire_concurrency_slots`).
 */
export function refusalOf(
  limits: readonly RequestedLimit[],
  { slots, mode }: { readonly slots: number; readonly mode: "concurrency" | "rate_limit" },
): Refusal {
  const active = limits.filter((limit) => limit.active);
  if (active.some((limit) => limit.limit < slots)) return { kind: "more_than_limit" };
  const steady = active.filter((limit) => limit.slot_decay_per_second === 0);
  if (mode === "rate_limit" && steady.length > 0) return { kind: "without_decay", names: steady.map((limit) => limit.name) };
  return { kind: "full" };
}

export interface RequestedTagLimit extends RequestedLimit {
  /** The number of occupied slots. */
  readonly active_slots: number;
}

/** Why a task run got no slots of its tags: `forbidden` by a limit of 0, which never has a free slot, or `full` for now. */
export type TagRefusal = { readonly kind: "forbidden" | "full"; readonly name: string };

/** Returns the limit that refused a task run its slots, null if none did. A limit of 0 refuses even while it is inactive. */
export function tagRefusalOf(limits: readonly RequestedTagLimit[]): TagRefusal | null {
  const forbidding = limits.find((limit) => limit.limit === 0);
  if (forbidding !== undefined) return { kind: "forbidden", name: forbidding.name };
  const full = limits.find((limit) => limit.active && limit.active_slots >= limit.limit);
  return full === undefined ? null : { kind: "full", name: full.name };
}
