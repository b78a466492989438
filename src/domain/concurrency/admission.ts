/** What a request for slots depends on in one limit. */
export interface AskedLimit {
  readonly name: string;
  readonly limit: number;
  readonly active: boolean;
  readonly slot_decay_per_second: number;
}

/** Why slots were not given, in the order in which the reasons count. */
export type Refusal =
  /** Asked for more than some limit ever has. */
  | { readonly kind: "more_than_limit" }
  /** A rate limit needs slots that come free by themselves. */
  | { readonly kind: "without_decay"; readonly names: readonly string[] }
  /** All in use: may be asked again. */
  | { readonly kind: "full" };

/** Returns why the limits refused so many slots (concurrency_limits_v2.md, Increment); limits that are switched off have no say. */
export function refusalOf(
  limits: readonly AskedLimit[],
  { slots, mode }: { readonly slots: number; readonly mode: "concurrency" | "rate_limit" },
): Refusal {
  const active = limits.filter((limit) => limit.active);
  if (active.some((limit) => limit.limit < slots)) return { kind: "more_than_limit" };
  const steady = active.filter((limit) => limit.slot_decay_per_second === 0);
  if (mode === "rate_limit" && steady.length > 0) return { kind: "without_decay", names: steady.map((limit) => limit.name) };
  return { kind: "full" };
}

export interface AskedTagLimit extends AskedLimit {
  /** The slots in use. */
  readonly active_slots: number;
}

/** Why a task run got no slots of its tags: a limit of 0 will never give one, a full one may later. */
export type TagRefusal = { readonly kind: "forbidden" | "full"; readonly name: string };

/** Returns which limit kept a task run from its slots; null if none did. A limit of 0 forbids even while it is switched off. */
export function tagRefusalOf(limits: readonly AskedTagLimit[]): TagRefusal | null {
  const forbidding = limits.find((limit) => limit.limit === 0);
  if (forbidding !== undefined) return { kind: "forbidden", name: forbidding.name };
  const full = limits.find((limit) => limit.active && limit.active_slots >= limit.limit);
  return full === undefined ? null : { kind: "full", name: full.name };
}
