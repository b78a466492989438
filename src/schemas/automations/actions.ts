import * as z from "zod";
import { boolean, jsonObject, uuid } from "../common.ts";
import { duration } from "../durations.ts";
import { stateType } from "../states.ts";
import { durationRefusal } from "./bounds.ts";
import { withKind } from "./kinds.ts";

const source = z.enum(["selected", "inferred"]).default("selected");
const id = uuid().nullable().default(null);
const onDeployment = { source, deployment_id: id };
const onWorkPool = { source, work_pool_id: id };
const onWorkQueue = { source, work_queue_id: id };
const onAutomation = { source, automation_id: id };
const onBlock = { block_document_id: uuid() };
const values = jsonObject().nullable().default(null);
const text = z.string().nullable().default(null);

// As Python's json.dumps with an indent of two; what counts as false there stays as it is.
const asText = (sent: unknown): unknown =>
  typeof sent === "string" || !sent
    ? sent
    : JSON.stringify(sent, null, 2).replace(
        /[\u007f-\uffff]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );

const kind = <Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, id: string, shape: Shape) =>
  z.object({ type: z.literal(type), ...shape }).register(z.globalRegistry, { id });

// In the reference's order (`prefect/server/events/actions.py ServerActionTypes`), which decides where no type was sent.
const kinds = [
  kind("do-nothing", "DoNothing", {}),
  kind("run-deployment", "RunDeployment", {
    ...onDeployment,
    parameters: values,
    job_variables: values,
    schedule_after: duration(durationRefusal).default(0),
  }),
  kind("pause-deployment", "PauseDeployment", onDeployment),
  kind("resume-deployment", "ResumeDeployment", onDeployment),
  kind("cancel-flow-run", "CancelFlowRun", {}),
  kind("delete-flow-run", "DeleteFlowRun", {}),
  kind("change-flow-run-state", "ChangeFlowRunState", {
    name: text,
    state: stateType,
    message: text,
    force: boolean().default(false),
  }),
  kind("pause-work-queue", "PauseWorkQueue", onWorkQueue),
  kind("resume-work-queue", "ResumeWorkQueue", onWorkQueue),
  kind("send-notification", "SendNotification", {
    ...onBlock,
    subject: z.string().default("Prefect automated notification"),
    body: z.string(),
  }),
  kind("call-webhook", "CallWebhook", { ...onBlock, payload: z.preprocess(asText, z.string().default("")) }),
  kind("pause-automation", "PauseAutomation", onAutomation),
  kind("resume-automation", "ResumeAutomation", onAutomation),
  kind("suspend-flow-run", "SuspendFlowRun", {}),
  kind("resume-flow-run", "ResumeFlowRun", {}),
  kind("pause-work-pool", "PauseWorkPool", onWorkPool),
  kind("resume-work-pool", "ResumeWorkPool", onWorkPool),
] as const;

/** An action as a client sends it, and as it is shown (`prefect/server/events/actions.py`). */
export const action = z.preprocess(
  withKind(kinds),
  z.discriminatedUnion("type", kinds).superRefine((sent, context) => {
    if (!("source" in sent)) return;
    const [name, selected] = Object.entries(sent).find(([member]) => member.endsWith("_id")) ?? [];
    const fault = sent.source === "selected" ? selected === null && "required" : selected !== null && "not allowed";
    if (fault) context.addIssue({ code: "custom", message: `Value error, ${name} is ${fault}` });
  }),
);
export type Action = z.output<typeof action>;
