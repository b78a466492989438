import * as z from "zod";
import { integer, optional, uuid, wireTime } from "./common.ts";
import { listBody } from "./filters/bodies.ts";
import { workerFilter, workerStatus } from "./filters/workers.ts";

export const worker = z
  .object({
    id: uuid(),
    created: wireTime(),
    updated: wireTime(),
    name: z.string(),
    work_pool_id: uuid(),
    last_heartbeat_time: wireTime().nullable(),
    heartbeat_interval_seconds: z.number().int().nullable(),
    status: workerStatus,
  })
  .register(z.globalRegistry, { id: "WorkerResponse" });
export type Worker = z.input<typeof worker>;

export const workerHeartbeat = z
  .object({ name: z.string(), heartbeat_interval_seconds: integer().nullish() })
  .meta({ separate: true });

export const workerList = listBody({ workers: optional(workerFilter) });
