import * as z from "zod";
import { compileWorkPoolFilters } from "../../filters/index.ts";
import { conflict, forbidden, found, integrityConflict, notFound, unprocessable } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import { page } from "../../http/paging.ts";
import { knowsResultStorage, presentWorkPool } from "../../present/work-pools.ts";
import { presentSlotHolder } from "../../present/work-queues.ts";
import {
  workPool,
  workPoolConcurrencyPage,
  workPoolCount,
  workPoolCreate,
  workPoolList,
  workPoolUpdate,
} from "../../schemas/work-pools.ts";
import { workPoolConcurrencyStatus } from "../../schemas/work-queues.ts";
import { makeWorkPool } from "../../services/create-work-pool.ts";
import { updateWorkPool } from "../../services/update-work-pool.ts";
import { countWorkPools, listWorkPools, readWorkPool } from "../../store/work-pools/read.ts";
import { deleteWorkPool } from "../../store/work-pools/write.ts";
import { readSlotsOfPool } from "../../store/work-queues/runs.ts";
import { absentPool, byName, tag } from "./shared.ts";

const isReserved = (name: string) => name.toLowerCase().startsWith("prefect");
const reserved = "Work pools starting with 'Prefect' are reserved for internal use";
const openInReserved = new Set(["is_paused", "concurrency_limit"]);

export const workPoolObjects = [
  operation({
    method: "POST",
    path: "/work_pools/",
    tag,
    scope: "write_work_pools",
    audited: "work_pool",
    summary: "Create Work Pool",
    body: workPoolCreate,
    response: workPool,
    status: 201,
    errors: [404, 409],
    handle: async ({ body, deps, request }) => {
      if (isReserved(body.name)) throw forbidden(`${reserved}.`);
      const made = await makeWorkPool(deps.db, body, deps);
      switch (made.kind) {
        case "created":
          return presentWorkPool(made.pool, { now: deps.now(), complete: knowsResultStorage(request) });
        case "name_taken":
          throw conflict("A work pool with this name already exists.");
        case "block_missing":
          throw notFound(made.message);
        case "defaults_invalid":
          throw unprocessable(made.message);
      }
    },
  }),
  operation({
    method: "GET",
    path: "/work_pools/{name}",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Pool",
    params: byName,
    response: workPool,
    errors: [404],
    handle: async ({ params, deps, request }) =>
      presentWorkPool(found(await readWorkPool(deps.db, params.name), absentPool(params.name)), {
        now: deps.now(),
        complete: knowsResultStorage(request),
      }),
  }),
  operation({
    method: "PATCH",
    path: "/work_pools/{name}",
    tag,
    scope: "write_work_pools",
    audited: "work_pool",
    summary: "Update Work Pool",
    params: byName,
    body: workPoolUpdate,
    errors: [404, 409],
    handle: async ({ params, body, deps }) => {
      if (isReserved(params.name) && Object.keys(body).some((key) => !openInReserved.has(key)))
        throw forbidden(`${reserved} and can only be updated to set concurrency limits or pause.`);
      const outcome = await updateWorkPool(deps.db, params.name, body, deps);
      if (outcome.kind === "not_found") throw notFound(absentPool(params.name));
      if (outcome.kind === "integrity_violated") throw integrityConflict();
    },
  }),
  operation({
    method: "DELETE",
    path: "/work_pools/{name}",
    tag,
    scope: "manage_work_pools",
    audited: "work_pool",
    summary: "Delete Work Pool",
    params: byName,
    errors: [404],
    handle: async ({ params, deps }) => {
      if (isReserved(params.name)) throw forbidden(`${reserved} and can not be deleted.`);
      if (!(await deleteWorkPool(deps.db, params.name, deps))) throw notFound(absentPool(params.name));
    },
  }),
  operation({
    method: "POST",
    path: "/work_pools/filter",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Pools",
    body: workPoolList,
    bodyRequired: false,
    response: z.array(workPool),
    handle: async ({ body: { limit, offset, ...filters }, deps, request }) => {
      const pools = await listWorkPools(deps.db, { where: compileWorkPoolFilters(filters), limit, offset });
      const view = { now: deps.now(), complete: knowsResultStorage(request) };
      return pools.map((pool) => presentWorkPool(pool, view));
    },
  }),
  operation({
    method: "POST",
    path: "/work_pools/count",
    tag,
    scope: "see_work_pools",
    summary: "Count Work Pools",
    body: workPoolCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countWorkPools(deps.db, compileWorkPoolFilters(body)),
  }),
  operation({
    method: "POST",
    path: "/work_pools/{name}/concurrency_status",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Pool Concurrency Status",
    params: byName,
    body: workPoolConcurrencyPage,
    bodyRequired: false,
    response: workPoolConcurrencyStatus,
    errors: [404],
    handle: async ({ params: { name }, body: { limit, flow_run_limit, page: number }, deps }) => {
      const part = { limit, offset: (number - 1) * limit, runs_per_queue: flow_run_limit };
      const slots = found(await readSlotsOfPool(deps.db, name, part), `Work pool '${name}' not found.`);
      const now = deps.now();
      const { results: queues, ...numbers } = page({ results: slots.queues, count: slots.queue_count, limit, page: number });
      return {
        active_slots: slots.active_slots,
        concurrency_limit: slots.concurrency_limit,
        queues: queues.map((queue) => ({
          queue_id: queue.id,
          queue_name: queue.name,
          active_slots: queue.active_slots,
          concurrency_limit: queue.concurrency_limit,
          flow_runs: slots.holders.filter((run) => run.work_queue_id === queue.id).map((run) => presentSlotHolder(run, now)),
          flow_run_count: queue.active_slots,
        })),
        ...numbers,
      };
    },
  }),
];
