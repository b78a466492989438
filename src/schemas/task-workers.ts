import * as z from "zod";
import { optional, wireTime } from "./common.ts";
import { list } from "./lists.ts";

export const taskWorker = z
  .object({ identifier: z.string(), task_keys: z.array(z.string()), timestamp: wireTime() })
  .register(z.globalRegistry, { id: "TaskWorkerResponse" });

const taskWorkerFilter = z.object({ task_keys: list(z.string()) }).register(z.globalRegistry, { id: "TaskWorkerFilter" });

export const taskWorkerList = z.object({ task_worker_filter: optional(taskWorkerFilter) });
