import * as z from "zod";
import { uuid, wireTime } from "./common.ts";

/** What a flow run may wait for. */
export const waitReason = z.enum([
  "not_due",
  "awaits_slot",
  "run_paused",
  "starting",
  "retries_in_its_process",
  "no_deployment",
  "deployment_paused",
  "deployment_limit",
  "work_pool_paused",
  "work_pool_limit",
  "work_queue_paused",
  "work_queue_limit",
  "no_worker",
  "queue_not_polled",
  "no_runner",
  "behind_others",
  "catch_up",
  "skipped",
]);
export type WaitReason = z.output<typeof waitReason>;

const slotHolder = z.object({ holder_type: z.string().nullable(), holder_id: z.string().nullable(), since: wireTime() });

export const waitingRun = z
  .object({
    flow_run_id: uuid(),
    state_type: z.string().nullable(),
    state_name: z.string().nullable(),
    scheduled_time: wireTime().nullable(),
    seconds_late: z.number(),
    reasons: z.array(z.object({ kind: waitReason, message: z.string(), holders: z.array(slotHolder) })),
  })
  .register(z.globalRegistry, { id: "WaitingRun" });
