import * as z from "zod";
import { found, gone, locked, notFound, unprocessable } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentGlobalLimit, presentHolder, presentMinimalLimit, presentNewLimit } from "../present/concurrency-limits.ts";
import { normaliseUuid, uuid } from "../schemas/common.ts";
import {
  concurrencyLimitHolder,
  concurrencyLimitList,
  concurrencyLimitV2,
  concurrencyLimitV2Create,
  concurrencyLimitV2Update,
  concurrencyLimitWithLease,
  globalConcurrencyLimit,
  leasedDecrement,
  leasedIncrement,
  leaseRenewal,
  minimalConcurrencyLimit,
  slotDecrement,
  slotIncrement,
} from "../schemas/concurrency-limits-v2.ts";
import { type SlotsOutcome, takeSlots, takeSlotsWithLease } from "../services/concurrency-slots.ts";
import { listHolders } from "../store/concurrency-limits/holders.ts";
import { extendLease, giveLeaseBack } from "../store/concurrency-limits/leases.ts";
import { listLimits, readLimit } from "../store/concurrency-limits/read.ts";
import type { LimitKey } from "../store/concurrency-limits/rows.ts";
import { giveUnheldSlotsBack } from "../store/concurrency-limits/slots.ts";
import { createLimit, deleteLimit, updateLimit } from "../store/concurrency-limits/write.ts";

const tag = "Concurrency Limits V2";
const absent = "Concurrency Limit not found";

/** A text that reads as a UUID is an id, never a name. */
const byIdOrName = z.object({
  id_or_name: z.string().transform((text): LimitKey => {
    const id = normaliseUuid(text);
    return id === null ? { name: text } : { id };
  }),
});

const limitOperations = [
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/",
    tag,
    scope: "manage_concurrency_limits",
    audited: "concurrency_limit",
    summary: "Create Concurrency Limit V2",
    body: concurrencyLimitV2Create,
    response: concurrencyLimitV2,
    status: 201,
    errors: [409],
    handle: async ({ body, deps }) => {
      const id = deps.newId();
      deps.db.about({ id, name: body.name });
      return presentNewLimit(await createLimit(deps.db, id, body, { now: deps.now(), eventId: deps.newId() }));
    },
  }),
  operation({
    method: "GET",
    path: "/v2/concurrency_limits/{id_or_name}",
    tag,
    scope: "see_concurrency_limits",
    summary: "Read Concurrency Limit V2",
    params: byIdOrName,
    response: globalConcurrencyLimit,
    errors: [404],
    handle: async ({ params, deps }) =>
      presentGlobalLimit(found(await readLimit(deps.db, params.id_or_name, deps.now()), absent)),
  }),
  operation({
    method: "PATCH",
    path: "/v2/concurrency_limits/{id_or_name}",
    tag,
    scope: "manage_concurrency_limits",
    audited: "concurrency_limit",
    summary: "Update Concurrency Limit V2",
    params: byIdOrName,
    body: concurrencyLimitV2Update,
    errors: [404, 409],
    handle: async ({ params, body, deps }) => {
      const stamp = { now: deps.now(), eventId: deps.newId() };
      if (!(await updateLimit(deps.db, params.id_or_name, body, stamp))) throw notFound(absent);
    },
  }),
  operation({
    method: "DELETE",
    path: "/v2/concurrency_limits/{id_or_name}",
    tag,
    scope: "manage_concurrency_limits",
    audited: "concurrency_limit",
    summary: "Delete Concurrency Limit V2",
    params: byIdOrName,
    errors: [404],
    handle: async ({ params, deps }) => {
      const stamp = { now: deps.now(), eventId: deps.newId() };
      if (!(await deleteLimit(deps.db, params.id_or_name, stamp))) throw notFound(absent);
    },
  }),
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/filter",
    tag,
    scope: "see_concurrency_limits",
    summary: "Read All Concurrency Limits V2",
    body: concurrencyLimitList,
    bodyRequired: false,
    response: z.array(globalConcurrencyLimit),
    handle: async ({ body, deps }) => (await listLimits(deps.db, { ...body, now: deps.now() })).map(presentGlobalLimit),
  }),
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/{id_or_name}/holders/filter",
    tag,
    scope: "see_concurrency_limits",
    summary: "Read Holders Of A Concurrency Limit",
    params: byIdOrName,
    body: concurrencyLimitList,
    bodyRequired: false,
    response: z.array(concurrencyLimitHolder),
    errors: [404],
    handle: async ({ params, body, deps }) =>
      found(await listHolders(deps.db, params.id_or_name, { ...body, now: deps.now() }), absent).map(presentHolder),
  }),
];

const slotOperations = [
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/increment",
    tag,
    scope: "take_concurrency_slots",
    audited: false,
    summary: "Bulk Increment Active Slots",
    body: slotIncrement,
    response: z.array(minimalConcurrencyLimit),
    errors: [423],
    handle: async ({ body, deps }) => takenLimits(await takeSlots(deps, body)),
  }),
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/increment-with-lease",
    tag,
    scope: "take_concurrency_slots",
    audited: false,
    summary: "Bulk Increment Active Slots With Lease",
    body: leasedIncrement,
    response: concurrencyLimitWithLease,
    errors: [423],
    handle: async ({ body: { lease_duration, holder = null, ...asked }, deps }) => {
      const lease_id = deps.newId();
      const outcome = await takeSlotsWithLease(deps, asked, { lease_id, ttl_seconds: lease_duration, holder });
      return { lease_id, limits: takenLimits(outcome) };
    },
  }),
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/decrement",
    tag,
    scope: "take_concurrency_slots",
    audited: false,
    summary: "Bulk Decrement Active Slots",
    body: slotDecrement,
    response: z.array(minimalConcurrencyLimit),
    handle: async ({ body, deps }) => (await giveUnheldSlotsBack(deps.db, body, deps.now())).map(presentMinimalLimit),
  }),
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/decrement-with-lease",
    tag,
    scope: "take_concurrency_slots",
    audited: false,
    summary: "Bulk Decrement Active Slots With Lease",
    body: leasedDecrement,
    handle: async ({ body: { lease_id }, deps }) => {
      await giveLeaseBack(deps.db, lease_id, deps.now());
    },
  }),
  operation({
    method: "POST",
    path: "/v2/concurrency_limits/leases/{lease_id}/renew",
    tag,
    scope: "take_concurrency_slots",
    audited: false,
    summary: "Renew Concurrency Lease",
    // Other than elsewhere, a text that is no UUID is a fault of the request here (422).
    params: z.object({ lease_id: uuid() }),
    body: leaseRenewal,
    bodyRequired: false,
    errors: [410],
    handle: async ({ params: { lease_id }, body: { lease_duration }, deps }) => {
      const renewed = await extendLease(deps.db, { lease_id, ttl_seconds: lease_duration, now: deps.now() });
      if (!renewed) throw gone("Lease not found - it may have expired or been revoked");
    },
  }),
];

export const concurrencyLimitV2Operations = [...limitOperations, ...slotOperations];

function takenLimits(outcome: SlotsOutcome) {
  switch (outcome.kind) {
    case "taken":
      return outcome.limits.map(presentMinimalLimit);
    case "more_than_limit":
      throw unprocessable("Slots requested is greater than the limit");
    case "without_decay":
      throw unprocessable(
        `Only concurrency limits with slot decay can be used for rate limiting. The following limits do not have a decay configured: '${outcome.names.join(",")}'`,
      );
    case "full":
      throw locked("Locked", { "retry-after": String(outcome.retry_after_seconds) });
  }
}
