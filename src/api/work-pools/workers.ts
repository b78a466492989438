import * as z from "zod";
import { compileWorkerFilters } from "../../filters/index.ts";
import { found, notFound } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import { presentWorker } from "../../present/work-pools.ts";
import { worker, workerHeartbeat, workerList } from "../../schemas/workers.ts";
import { listWorkers } from "../../store/workers/read.ts";
import { deleteWorker, saveHeartbeat } from "../../store/workers/write.ts";
import { absentPool, byPool, byPoolAndName, tag } from "./shared.ts";

export const workerOperations = [
  operation({
    method: "POST",
    path: "/work_pools/{work_pool_name}/workers/heartbeat",
    tag,
    scope: "run_workers",
    audited: false,
    summary: "Worker Heartbeat",
    params: byPool,
    body: workerHeartbeat,
    errors: [404],
    handle: async ({ params: { work_pool_name }, body, deps }) => {
      const heartbeat = {
        work_pool_name,
        name: body.name,
        heartbeat_interval_seconds: body.heartbeat_interval_seconds ?? null,
      };
      if (!(await saveHeartbeat(deps.db, heartbeat, deps))) throw notFound(absentPool(work_pool_name));
    },
  }),
  operation({
    method: "POST",
    path: "/work_pools/{work_pool_name}/workers/filter",
    tag,
    scope: "see_work_pools",
    summary: "Read Workers",
    params: byPool,
    body: workerList,
    bodyRequired: false,
    response: z.array(worker),
    errors: [404],
    handle: async ({ params: { work_pool_name }, body: { limit, offset, ...filters }, deps }) => {
      const list = { work_pool_name, where: compileWorkerFilters(filters), limit, offset };
      const workers = found(await listWorkers(deps.db, list), absentPool(work_pool_name));
      const now = deps.now();
      return workers.map((row) => presentWorker(row, now));
    },
  }),
  operation({
    method: "DELETE",
    path: "/work_pools/{work_pool_name}/workers/{name}",
    tag,
    scope: "manage_work_pools",
    audited: "worker",
    summary: "Delete Worker",
    params: byPoolAndName,
    errors: [404],
    handle: async ({ params: { work_pool_name, name }, deps }) => {
      const outcome = await deleteWorker(deps.db, work_pool_name, name);
      if (outcome.kind === "work_pool_not_found") throw notFound(absentPool(work_pool_name));
      if (outcome.kind === "worker_not_found") throw notFound("Worker not found.");
    },
  }),
];
