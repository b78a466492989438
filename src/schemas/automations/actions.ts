import * as z from "zod";

// Actions as they are stored and shown (`prefect/server/events/actions.py`).
const source = z.enum(["selected", "inferred"]);
const id = z.string().nullable();
const onDeployment = { source, deployment_id: id };
const onWorkPool = { source, work_pool_id: id };
const onWorkQueue = { source, work_queue_id: id };
const onAutomation = { source, automation_id: id };
const state = z.object({
  type: z.literal("change-flow-run-state"),
  name: z.string().nullable(),
  state: z.string(),
  message: z.string().nullable(),
  force: z.boolean(),
});

export const action = z.discriminatedUnion("type", [
  z.object({ type: z.literal("do-nothing") }),
  z.object({
    type: z.literal("run-deployment"),
    ...onDeployment,
    parameters: z.record(z.string(), z.unknown()).nullable(),
    job_variables: z.record(z.string(), z.unknown()).nullable(),
    schedule_after: z.number(),
  }),
  z.object({ type: z.literal("pause-deployment"), ...onDeployment }),
  z.object({ type: z.literal("resume-deployment"), ...onDeployment }),
  z.object({ type: z.literal("cancel-flow-run") }),
  z.object({ type: z.literal("suspend-flow-run") }),
  z.object({ type: z.literal("resume-flow-run") }),
  z.object({ type: z.literal("delete-flow-run") }),
  state,
  z.object({ type: z.literal("pause-work-pool"), ...onWorkPool }),
  z.object({ type: z.literal("resume-work-pool"), ...onWorkPool }),
  z.object({ type: z.literal("pause-work-queue"), ...onWorkQueue }),
  z.object({ type: z.literal("resume-work-queue"), ...onWorkQueue }),
  z.object({ type: z.literal("pause-automation"), ...onAutomation }),
  z.object({ type: z.literal("resume-automation"), ...onAutomation }),
  z.object({ type: z.literal("call-webhook"), block_document_id: z.string(), payload: z.string() }),
  z.object({ type: z.literal("send-notification"), block_document_id: z.string(), subject: z.string(), body: z.string() }),
]);
export type Action = z.output<typeof action>;
