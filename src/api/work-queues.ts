import * as z from "zod";
import { isPolled } from "../domain/work-pools/statuses.ts";
import { compileWorkQueueFilters } from "../filters/index.ts";
import { conflict, found, integrityConflict, invalidRequest, missing, notFound } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { page } from "../http/paging.ts";
import { formatOptionalTime } from "../lib/time.ts";
import { presentFlowRun } from "../present/flow-runs.ts";
import { presentSlotHolder, presentWorkQueue } from "../present/work-queues.ts";
import { boolean, byId } from "../schemas/common.ts";
import { flowRun } from "../schemas/flow-runs.ts";
import {
  concurrencyPage,
  workQueue,
  workQueueConcurrencyStatus,
  workQueueCreate,
  workQueueList,
  workQueueRuns,
  workQueueStatusDetail,
  workQueueUpdate,
} from "../schemas/work-queues.ts";
import { updateWorkQueue } from "../services/update-work-pool.ts";
import { recordPoll } from "../store/work-pools/poll.ts";
import { listWorkQueues, readWorkQueue, readWorkQueueByName } from "../store/work-queues/read.ts";
import { readQueueHealth, readRunsOfQueue, readSlotsOfQueue } from "../store/work-queues/runs.ts";
import { createQueue, deleteQueue } from "../store/work-queues/write.ts";

const tag = "Work Queues";
const absent = "work queue not found";

/** Returns whether the user interface sent the request, which does not count as a poll. */
function isLook(request: Request, body: unknown): boolean {
  const input = request.headers.get("x-prefect-ui");
  if (input === null) return false;
  const read = boolean().safeParse(input);
  if (!read.success) {
    const [issue] = read.error.issues;
    const fault = { type: "bool_parsing", loc: ["header", "x-prefect-ui"], msg: issue?.message ?? "", input };
    throw invalidRequest([fault], body);
  }
  return read.data;
}

const healthPolicy = { maximum_late_runs: 0, maximum_seconds_since_last_polled: 60 };

export const workQueueOperations = [
  operation({
    method: "POST",
    path: "/work_queues/",
    tag,
    scope: "manage_work_pools",
    audited: "work_queue",
    summary: "Create Work Queue",
    body: workQueueCreate,
    response: workQueue,
    status: 201,
    errors: [409],
    handle: async ({ body, deps }) => {
      const made = await createQueue(deps.db, body, deps);
      if (made.kind !== "created") throw conflict("A work queue with this name already exists.");
      return presentWorkQueue(made.queue, deps.now());
    },
  }),
  operation({
    method: "PATCH",
    path: "/work_queues/{id}",
    tag,
    scope: "manage_work_pools",
    audited: "work_queue",
    summary: "Update Work Queue",
    params: byId,
    body: workQueueUpdate,
    errors: [409],
    handle: async ({ params, body, deps }) => {
      const outcome = await updateWorkQueue(deps.db, params, { update: body, moveOthers: false }, deps);
      if (outcome.kind === "not_found") throw notFound(`Work Queue ${params.id} not found`);
      if (outcome.kind === "integrity_violated") throw integrityConflict();
    },
  }),
  operation({
    method: "GET",
    path: "/work_queues/name/{name}",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Queue By Name",
    params: z.object({ name: z.string() }),
    response: workQueue,
    errors: [404],
    handle: async ({ params, deps }) =>
      presentWorkQueue(found(await readWorkQueueByName(deps.db, params.name), absent), deps.now()),
  }),
  operation({
    method: "GET",
    path: "/work_queues/{id}",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Queue",
    params: byId,
    response: workQueue,
    handle: async ({ params, deps }) =>
      presentWorkQueue(found(await readWorkQueue(deps.db, params, "for_queues"), absent), deps.now()),
  }),
  operation({
    method: "POST",
    path: "/work_queues/{id}/get_runs",
    tag,
    scope: "run_workers",
    audited: false,
    summary: "Read Work Queue Runs",
    params: byId,
    body: workQueueRuns,
    bodyRequired: false,
    response: z.array(flowRun),
    handle: async ({ params: { id }, body, deps, request }) => {
      const look = isLook(request, body);
      const now = deps.now();
      const question = { id, scheduled_before: body.scheduled_before ?? null, limit: body.limit, now };
      const answer = await readRunsOfQueue(deps.db, question);
      if (answer === null) throw missing(`Work queue with id ${id} not found.`);
      if (!look)
        deps.waitUntil(
          recordPoll(deps.db, [id], deps).catch((error) => deps.log("warn", { mark: "polled", error: String(error) })),
        );
      return answer.runs.map((run) => ({ ...presentFlowRun(run, now), work_pool_id: null, work_pool_name: null }));
    },
  }),
  operation({
    method: "POST",
    path: "/work_queues/filter",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Queues",
    body: workQueueList,
    bodyRequired: false,
    response: z.array(workQueue),
    handle: async ({ body: { limit, offset, ...filters }, deps }) => {
      const queues = await listWorkQueues(deps.db, { where: compileWorkQueueFilters(filters), limit, offset });
      const now = deps.now();
      return queues.map((queue) => presentWorkQueue(queue, now));
    },
  }),
  operation({
    method: "DELETE",
    path: "/work_queues/{id}",
    tag,
    scope: "manage_work_pools",
    audited: "work_queue",
    summary: "Delete Work Queue",
    params: byId,
    errors: [409],
    handle: async ({ params, deps }) => {
      const outcome = await deleteQueue(deps.db, params, deps);
      if (outcome.kind === "not_found") throw notFound(absent);
      if (outcome.kind === "is_default_queue") throw integrityConflict();
    },
  }),
  operation({
    method: "POST",
    path: "/work_queues/{id}/concurrency_status",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Queue Concurrency Status",
    params: byId,
    body: concurrencyPage,
    bodyRequired: false,
    response: workQueueConcurrencyStatus,
    handle: async ({ params: { id }, body: { limit, page: number }, deps }) => {
      const slots = await readSlotsOfQueue(deps.db, id, { limit, offset: (number - 1) * limit });
      const { concurrency_limit, active_slots, holders } = found(slots, "Work queue not found.");
      const now = deps.now();
      const flow_runs = holders.map((run) => presentSlotHolder(run, now));
      const { results, ...numbers } = page({ results: flow_runs, count: active_slots, limit, page: number });
      return { active_slots, concurrency_limit, flow_runs: results, ...numbers };
    },
  }),
  operation({
    method: "GET",
    path: "/work_queues/{id}/status",
    tag,
    scope: "see_work_pools",
    summary: "Read Work Queue Status",
    params: byId,
    response: workQueueStatusDetail,
    handle: async ({ params: { id }, deps }) => {
      const health = await readQueueHealth(deps.db, id);
      if (health === null) throw missing(`Work queue with id ${id} not found`);
      const { last_polled, late_runs_count } = health;
      return {
        healthy: late_runs_count <= healthPolicy.maximum_late_runs && isPolled(last_polled, deps.now()),
        late_runs_count,
        last_polled: formatOptionalTime(last_polled),
        health_check_policy: healthPolicy,
      };
    },
  }),
];
