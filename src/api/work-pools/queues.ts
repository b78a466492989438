import * as z from "zod";
import { compileWorkQueueFilters } from "../../filters/index.ts";
import { conflict, found, integrityConflict, notFound } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import { presentWorkQueue } from "../../present/work-queues.ts";
import { workQueue, workQueueCreate, workQueueList, workQueueUpdate } from "../../schemas/work-queues.ts";
import { updateWorkQueue } from "../../services/update-work-pool.ts";
import { readWorkPool } from "../../store/work-pools/read.ts";
import { listQueuesOfPool, readWorkQueue } from "../../store/work-queues/read.ts";
import { createQueueInPool, deleteQueue } from "../../store/work-queues/write.ts";
import { absentPool, absentQueue, byPool, byPoolAndName, tag } from "./shared.ts";

export const poolQueueOperations = [
  operation({
    method: "POST",
    path: "/work_pools/{work_pool_name}/queues",
    tag,
    scope: "manage_work_pools",
    audited: "work_queue",
    summary: "Create Work Queue",
    params: byPool,
    body: workQueueCreate,
    response: workQueue,
    status: 201,
    errors: [404, 409],
    handle: async ({ params: { work_pool_name }, body, deps }) => {
      const made = await createQueueInPool(deps.db, work_pool_name, body, deps);
      if (made.kind === "created") return presentWorkQueue(made.queue, deps.now());
      if (made.kind === "work_pool_not_found") throw notFound(absentPool(work_pool_name));
      // The braces are in the API's own text.
      throw conflict("A work queue with this name already exists in work pool {work_pool_name!r}.");
    },
  }),
  operation({
    method: "GET",
    path: "/work_pools/{work_pool_name}/queues/{name}",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Queue",
    params: byPoolAndName,
    response: workQueue,
    errors: [404],
    handle: async ({ params, deps }) => {
      const queue = await readWorkQueue(deps.db, params, "for_workers");
      return presentWorkQueue(found(queue, absentQueue(params.work_pool_name, params.name)), deps.now());
    },
  }),
  operation({
    method: "PATCH",
    path: "/work_pools/{work_pool_name}/queues/{name}",
    tag,
    scope: "manage_work_pools",
    audited: "work_queue",
    summary: "Update Work Queue",
    params: byPoolAndName,
    body: workQueueUpdate,
    errors: [404, 409],
    handle: async ({ params, body, deps }) => {
      const outcome = await updateWorkQueue(deps.db, params, { update: body, moveOthers: true }, deps);
      if (outcome.kind === "not_found") throw notFound(absentQueue(params.work_pool_name, params.name));
      if (outcome.kind === "integrity_violated") throw integrityConflict();
    },
  }),
  operation({
    method: "DELETE",
    path: "/work_pools/{work_pool_name}/queues/{name}",
    tag,
    scope: "manage_work_pools",
    audited: "work_queue",
    summary: "Delete Work Queue",
    params: byPoolAndName,
    errors: [404, 409],
    handle: async ({ params, deps }) => {
      const outcome = await deleteQueue(deps.db, params, deps);
      if (outcome.kind === "not_found") {
        found(await readWorkPool(deps.db, params.work_pool_name), absentPool(params.work_pool_name));
        throw notFound(absentQueue(params.work_pool_name, params.name));
      }
      if (outcome.kind === "is_default_queue") throw integrityConflict();
    },
  }),
  operation({
    method: "POST",
    path: "/work_pools/{work_pool_name}/queues/filter",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Queues",
    params: byPool,
    body: workQueueList,
    bodyRequired: false,
    response: z.array(workQueue),
    errors: [404],
    handle: async ({ params: { work_pool_name }, body: { limit, offset, ...filters }, deps }) => {
      const list = { where: compileWorkQueueFilters(filters), limit, offset };
      const queues = found(await listQueuesOfPool(deps.db, work_pool_name, list), absentPool(work_pool_name));
      const now = deps.now();
      return queues.map((queue) => presentWorkQueue(queue, now));
    },
  }),
];
