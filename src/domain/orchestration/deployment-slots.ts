import { isJsonObject } from "../../lib/json.ts";
import { isAtLeast } from "../client-version.ts";
import type { StateType } from "../states.ts";
import type { FlowRunContext, FlowRunDraft, LeaseFacts, LimitFacts, TakeLease } from "./types.ts";

export const limitReached = "Deployment concurrency limit reached.";
const defaultGracePeriod = 300;

/** Older clients do not renew leases (`MIN_CLIENT_VERSION_FOR_CONCURRENCY_LIMIT_LEASING`). */
const minimumLeasingVersion = "3.4.11";
const workerVersionsThatManageDeploymentConcurrency: ReadonlySet<string> = new Set([
  "3.0.0rc20",
  "3.0.0",
  "3.0.1",
  "3.0.2",
  "3.0.3",
]);

type Client = Pick<FlowRunContext, "client_version">;

/** Returns whether the client renews its lease while the run is running. */
export const renewsLeases = ({ client_version }: Client): boolean =>
  client_version !== null && isAtLeast(client_version, minimumLeasingVersion);

/** Returns whether the client itself acquires and releases deployment slots. */
export const managesDeploymentConcurrency = ({ client_version }: Client): boolean =>
  client_version !== null && workerVersionsThatManageDeploymentConcurrency.has(client_version);

/** A run in one of these states may hold a slot of its deployment. */
export const slotTypes = ["PENDING", "RUNNING", "CANCELLING"] as const satisfies readonly StateType[];
const slotTypeSet: ReadonlySet<StateType> = new Set(slotTypes);
export const isSlotType = (type: StateType): boolean => slotTypeSet.has(type);

/** The lease of the run's current state while it has not expired. */
export const liveLease = ({ lease, now }: Pick<FlowRunContext, "lease" | "now">): LeaseFacts | null =>
  lease !== null && lease.expires > now ? lease : null;

/** The deployment's concurrency options with their defaults. */
export function concurrencyOptions({ deployment }: Pick<FlowRunContext, "deployment">): {
  cancelsNew: boolean;
  grace_period_seconds: number;
} {
  const stored = deployment?.concurrency_options;
  const options = isJsonObject(stored) ? stored : {};
  const { collision_strategy, grace_period_seconds } = options;
  return {
    cancelsNew: collision_strategy === "CANCEL_NEW",
    grace_period_seconds: typeof grace_period_seconds === "number" ? grace_period_seconds : defaultGracePeriod,
  };
}

/** Returns whether a slot is free, where slots that the run already holds count as free, because they are exchanged. */
export function hasFreeSlot(limit: LimitFacts, context: FlowRunContext, run: FlowRunDraft): boolean {
  const leased = liveLease(context)?.slots.find((slot) => slot.limit_id === limit.id)?.slots ?? 0;
  const held = run.concurrency_limit_id === limit.id ? 1 : 0;
  return limit.active && limit.occupied - leased - held + 1 <= limit.limit;
}

/** The effect that takes one slot of the deployment's limit for the run. */
export const takeSlot = (limit: LimitFacts, context: FlowRunContext): TakeLease => ({
  kind: "take_lease",
  lease_id: context.newId(),
  limit_ids: [limit.id],
  slots: 1,
  ttl_seconds: concurrencyOptions(context).grace_period_seconds,
  holder_type: "flow_run",
  holder_id: context.run.id,
});
