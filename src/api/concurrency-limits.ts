import * as z from "zod";
import { nameOfTag, tagOf } from "../domain/concurrency/tags.ts";
import { longestWaitSeconds } from "../domain/concurrency/waiting.ts";
import { found, locked, notFound } from "../http/errors.ts";
import { createdOrFound, operation } from "../http/operation.ts";
import { presentMinimalLimit, presentTagLimit } from "../present/concurrency-limits.ts";
import { byId, json } from "../schemas/common.ts";
import { concurrencyLimit, concurrencyLimitCreate, tagLimitReset, tagSlots } from "../schemas/concurrency-limits.ts";
import { concurrencyLimitList, minimalConcurrencyLimit } from "../schemas/concurrency-limits-v2.ts";
import { takeTagSlots } from "../services/concurrency-slots.ts";
import { giveHeldSlotsBack } from "../store/concurrency-limits/slots.ts";
import {
  deleteTagLimit,
  listTagLimits,
  putTagLimit,
  readTagLimit,
  resetTagLimit,
} from "../store/concurrency-limits/tag-limits.ts";

const tag = "Concurrency Limits";
const absent = "Concurrency limit not found";
const byTag = z.object({ tag: z.string() });

const limitOperations = [
  operation({
    method: "POST",
    path: "/concurrency_limits/",
    tag,
    scope: "manage_concurrency_limits",
    audited: "concurrency_limit",
    summary: "Create Concurrency Limit",
    body: concurrencyLimitCreate,
    response: concurrencyLimit,
    otherStatus: 201,
    errors: [409],
    handle: async ({ body, deps }) => {
      const stamp = { now: deps.now(), eventId: deps.newId() };
      deps.db.about({ name: body.tag });
      const { limit, created } = await putTagLimit(deps.db, { id: deps.newId(), ...body }, stamp);
      return createdOrFound(created, presentTagLimit(limit));
    },
  }),
  operation({
    method: "GET",
    path: "/concurrency_limits/{id}",
    tag,
    scope: "see_concurrency_limits",
    summary: "Read Concurrency Limit",
    params: byId,
    response: concurrencyLimit,
    handle: async ({ params, deps }) => presentTagLimit(found(await readTagLimit(deps.db, params, deps.now()), absent)),
  }),
  operation({
    method: "GET",
    path: "/concurrency_limits/tag/{tag}",
    tag,
    scope: "see_concurrency_limits",
    summary: "Read Concurrency Limit By Tag",
    params: byTag,
    response: concurrencyLimit,
    errors: [404],
    handle: async ({ params, deps }) =>
      presentTagLimit(found(await readTagLimit(deps.db, { name: nameOfTag(params.tag) }, deps.now()), absent)),
  }),
  operation({
    method: "POST",
    path: "/concurrency_limits/filter",
    tag,
    scope: "see_concurrency_limits",
    summary: "Read Concurrency Limits",
    body: concurrencyLimitList,
    bodyRequired: false,
    response: z.array(concurrencyLimit),
    handle: async ({ body, deps }) => (await listTagLimits(deps.db, { ...body, now: deps.now() })).map(presentTagLimit),
  }),
  operation({
    method: "DELETE",
    path: "/concurrency_limits/{id}",
    tag,
    scope: "manage_concurrency_limits",
    audited: "concurrency_limit",
    summary: "Delete Concurrency Limit",
    params: byId,
    response: json(),
    handle: async ({ params, deps }) => {
      const stamp = { now: deps.now(), eventId: deps.newId() };
      if (!(await deleteTagLimit(deps.db, params, stamp))) throw notFound(absent);
      return null;
    },
  }),
  operation({
    method: "DELETE",
    path: "/concurrency_limits/tag/{tag}",
    tag,
    scope: "manage_concurrency_limits",
    audited: "concurrency_limit",
    summary: "Delete Concurrency Limit By Tag",
    params: byTag,
    response: json(),
    errors: [404],
    handle: async ({ params, deps }) => {
      const stamp = { now: deps.now(), eventId: deps.newId() };
      if (!(await deleteTagLimit(deps.db, { name: nameOfTag(params.tag) }, stamp))) throw notFound(absent);
      return null;
    },
  }),
];

const slotOperations = [
  operation({
    method: "POST",
    path: "/concurrency_limits/tag/{tag}/reset",
    tag,
    scope: "manage_concurrency_limits",
    audited: "concurrency_limit",
    summary: "Reset Concurrency Limit By Tag",
    params: byTag,
    body: tagLimitReset,
    bodyRequired: false,
    response: json(),
    errors: [404],
    handle: async ({ params, body: { slot_override = [] }, deps }) => {
      const overrides = slot_override.map((task_run_id) => ({ lease_id: deps.newId(), task_run_id }));
      if (!(await resetTagLimit(deps.db, params.tag, overrides, deps.now()))) throw notFound(absent);
      return null;
    },
  }),
  operation({
    method: "POST",
    path: "/concurrency_limits/increment",
    tag,
    scope: "take_concurrency_slots",
    audited: false,
    summary: "Increment Concurrency Limits V1",
    body: tagSlots,
    response: z.array(minimalConcurrencyLimit),
    errors: [423],
    handle: async ({ body: { names, task_run_id }, deps }) => {
      const outcome = await takeTagSlots(deps, { tags: names, task_run_id, lease_id: deps.newId() });
      switch (outcome.kind) {
        case "taken":
          return outcome.limits.map((limit) => presentMinimalLimit({ ...limit, name: tagOf(limit.name) }));
        case "forbidden":
          // Without Retry-After: the client gives up.
          throw locked(`The concurrency limit on tag "${outcome.tag}" is 0 and will deadlock if the task tries to run again.`);
        case "full":
          throw locked(`Concurrency limit for the ${outcome.tag} tag has been reached`, {
            "retry-after": longestWaitSeconds.tag.toFixed(1),
          });
      }
    },
  }),
  operation({
    method: "POST",
    path: "/concurrency_limits/decrement",
    tag,
    scope: "take_concurrency_slots",
    audited: false,
    summary: "Decrement Concurrency Limits V1",
    body: tagSlots,
    response: z.array(minimalConcurrencyLimit),
    handle: async ({ body: { names, task_run_id: holder_id }, deps }) =>
      (await giveHeldSlotsBack(deps.db, { names: names.map(nameOfTag), holder_id, now: deps.now() })).map(presentMinimalLimit),
  }),
];

export const concurrencyLimitOperations = [...limitOperations, ...slotOperations];
