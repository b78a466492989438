import * as z from "zod";
import { connectedTaskWorkers, presenceOf } from "../domain/task-workers/connected.ts";
import { operation } from "../http/operation.ts";
import { formatTime } from "../lib/time.ts";
import { taskWorker, taskWorkerList } from "../schemas/task-workers.ts";
import { listTaskWorkers } from "../store/task-workers/read.ts";

export const taskWorkerOperations = [
  operation({
    method: "POST",
    path: "/task_workers/filter",
    tag: "Task Workers",
    scope: "see_flow_runs",
    summary: "Read Task Workers",
    body: taskWorkerList,
    bodyRequired: false,
    response: z.array(taskWorker),
    handle: async ({ body: { task_worker_filter }, deps }) => {
      const sockets = await listTaskWorkers(deps.db, deps.now() - presenceOf(deps.config).staysAlive);
      return connectedTaskWorkers(sockets, task_worker_filter?.task_keys ?? []).map(({ identifier, task_keys, last_seen }) => ({
        identifier,
        task_keys: [...task_keys],
        timestamp: formatTime(last_seen),
      }));
    },
  }),
];
