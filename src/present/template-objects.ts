import type { Micros } from "../lib/time.ts";
import type { NamedObjects } from "../store/automation-actions/objects.ts";
import { presentGlobalLimit } from "./concurrency-limits.ts";
import { presentDeployment } from "./deployments.ts";
import { presentFlowRun } from "./flow-runs.ts";
import { presentFlow } from "./flows.ts";
import { presentTaskRun } from "./task-runs.ts";
import { presentWorkPool } from "./work-pools.ts";
import { presentWorkQueue } from "./work-queues.ts";

/** Returns what templates of automations name as it is in responses. */
export const presentTemplateObjects = (rows: NamedObjects, now: Micros) => ({
  flow_run: rows.flow_run ? { ...presentFlowRun(rows.flow_run, now) } : null,
  task_run: rows.task_run ? { ...presentTaskRun(rows.task_run, now) } : null,
  flow: rows.flow ? { ...presentFlow(rows.flow) } : null,
  deployment: rows.deployment ? { ...presentDeployment(rows.deployment, now) } : null,
  work_pool: rows.work_pool ? { ...presentWorkPool(rows.work_pool, { now, complete: true }) } : null,
  work_queue: rows.work_queue ? { ...presentWorkQueue(rows.work_queue, now) } : null,
  concurrency_limit: rows.concurrency_limit ? { ...presentGlobalLimit(rows.concurrency_limit) } : null,
});
