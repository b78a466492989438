import * as z from "zod";
import { notFound } from "../../http/errors.ts";
import { operation } from "../../http/operation.ts";
import { presentScheduledRun } from "../../present/work-pools.ts";
import { scheduledFlowRun, workPoolPoll } from "../../schemas/work-pools.ts";
import { pollWorkPool, recordPoll } from "../../store/work-pools/poll.ts";
import { absentPool, absentQueue, byName, tag } from "./shared.ts";

export const scheduledRunOperations = [
  operation({
    method: "POST",
    path: "/work_pools/{name}/get_scheduled_flow_runs",
    tag,
    scope: "run_workers",
    audited: false,
    summary: "Get Scheduled Flow Runs",
    params: byName,
    body: workPoolPoll,
    bodyRequired: false,
    response: z.array(scheduledFlowRun),
    errors: [404],
    handle: async ({ params: { name }, body, deps }) => {
      const now = deps.now();
      const answer = await pollWorkPool(deps.db, {
        work_pool_name: name,
        work_queue_names: body.work_queue_names ?? [],
        scheduled_before: body.scheduled_before ?? null,
        scheduled_after: body.scheduled_after ?? null,
        limit: body.limit,
        now,
      });
      if (answer === null) throw notFound(absentPool(name));
      const ids: string[] = [];
      for (const queue of answer.queues) {
        if (queue.id === null) throw notFound(absentQueue(name, queue.name));
        ids.push(queue.id);
      }
      // The time of the poll is written after the answer: the worker does not need it.
      deps.waitUntil(recordPoll(deps.db, ids, deps).catch((error) => deps.log("warn", { mark: "polled", error: String(error) })));
      return answer.runs.map((run) => presentScheduledRun(run, answer.work_pool_id, now));
    },
  }),
];
