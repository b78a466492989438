import * as z from "zod";
import { boolean, integer, number, objectName, optional, uuid, wireTime } from "./common.ts";
import { listBody, withDefault } from "./filters/bodies.ts";
import { list } from "./lists.ts";

/** A limit as in responses, its own and those of deployments. */
export const globalConcurrencyLimit = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    active: z.boolean(),
    name: z.string(),
    limit: z.int(),
    /** The occupied slots, after decay. */
    active_slots: z.int(),
    slot_decay_per_second: z.number(),
  })
  .register(z.globalRegistry, { id: "GlobalConcurrencyLimitResponse" });
export type GlobalConcurrencyLimit = z.input<typeof globalConcurrencyLimit>;

/** A limit as in the response to its creation. */
export const concurrencyLimitV2 = globalConcurrencyLimit
  .extend({ denied_slots: z.int(), avg_slot_occupancy_seconds: z.number() })
  .meta({ id: "ConcurrencyLimitV2" });
export type ConcurrencyLimitV2 = z.input<typeof concurrencyLimitV2>;

export const minimalConcurrencyLimit = z
  .object({ id: uuid(), name: z.string(), limit: z.int() })
  .register(z.globalRegistry, { id: "MinimalConcurrencyLimitResponse" });

export const concurrencyLimitWithLease = z
  .object({ lease_id: uuid(), limits: z.array(minimalConcurrencyLimit) })
  .register(z.globalRegistry, { id: "ConcurrencyLimitWithLeaseResponse" });

/** A holder of slots; an extension, since the reference shows no leases. */
export const concurrencyLimitHolder = z
  .object({
    /** Null for a slot that a flow run holds without a lease. */
    lease_id: uuid().nullable(),
    /** Null for a lease that was taken without a holder. */
    holder: z.object({ type: z.string(), id: uuid() }).nullable(),
    slots: z.int(),
    since: wireTime(),
    expires: wireTime().nullable(),
  })
  .register(z.globalRegistry, { id: "ConcurrencyLimitHolder" });
export type ConcurrencyLimitHolder = z.input<typeof concurrencyLimitHolder>;

const slotCount = () => integer({ min: 0 });
const decay = () => number({ min: 0 });

export const concurrencyLimitV2Create = z
  .strictObject({
    active: boolean().default(true),
    name: objectName(),
    limit: slotCount(),
    active_slots: slotCount().default(0),
    denied_slots: slotCount().default(0),
    slot_decay_per_second: decay().default(0),
  })
  .register(z.globalRegistry, { id: "ConcurrencyLimitV2Create" });
export type ConcurrencyLimitV2Create = z.output<typeof concurrencyLimitV2Create>;

/** `null` is valid here: it violates a constraint of the database, and the response is 409 as in the reference, not 422. */
export const concurrencyLimitV2Update = z
  .strictObject({
    active: boolean().nullable().optional(),
    name: objectName().nullable().optional(),
    limit: slotCount().nullable().optional(),
    active_slots: slotCount().nullable().optional(),
    denied_slots: slotCount().nullable().optional(),
    slot_decay_per_second: decay().nullable().optional(),
  })
  .register(z.globalRegistry, { id: "ConcurrencyLimitV2Update" });
export type ConcurrencyLimitV2Update = z.output<typeof concurrencyLimitV2Update>;

export const concurrencyLimitList = listBody({});

const slotsOf = {
  slots: integer({ greater_than: 0 }),
  names: list(z.string()).min(1),
};
const mode = () => withDefault(z.enum(["concurrency", "rate_limit"]), "concurrency");
const leaseDuration = () => withDefault(number({ min: 60, max: 86_400 }), 300);

/** Sent by clients of 3.3 and ignored: no limit is created. */
const create_if_missing = optional(boolean());

export const slotIncrement = z.object({ ...slotsOf, mode: mode(), create_if_missing });
export type SlotMode = z.output<ReturnType<typeof mode>>;

export const slotDecrement = z.object({
  ...slotsOf,
  occupancy_seconds: optional(number({ greater_than: 0 })),
  create_if_missing,
});
export type SlotDecrement = z.output<typeof slotDecrement>;

const leaseHolder = z
  .strictObject({ type: z.enum(["flow_run", "task_run", "deployment"]), id: uuid() })
  .meta({ id: "ConcurrencyLeaseHolder" });

export const leasedIncrement = z.object({
  ...slotsOf,
  mode: mode(),
  lease_duration: leaseDuration(),
  holder: optional(leaseHolder),
});

export const leasedDecrement = z.object({ lease_id: uuid() });
export const leaseRenewal = z.object({ lease_duration: leaseDuration() });
