import type { Deps } from "../../deps.ts";
import { type ActionOutcome, executed, failed, type Triggered } from "../../domain/automations/triggered-action.ts";
import { fromSecondsDuration } from "../../lib/time.ts";
import { deliverNotification } from "../deliver-notification.ts";
import { loadBlock } from "./blocks.ts";
import { renderTexts } from "./templates.ts";

const timeout = fromSecondsDuration(25);

/** Sends a notification through a block. What the service may take another time is tried again, without the requests that it answered. */
export async function sendNotificationAction(deps: Deps, one: Triggered<"send-notification">): Promise<ActionOutcome> {
  const { action, sent } = one;
  const block = await loadBlock(deps, action);
  if ("none" in block) return block.none;
  if (!block.capabilities.includes("notify")) return failed("The referenced block was not a notification block", block.loaded);
  const { told } = block;
  const rendered = await renderTexts(deps, one, [action.subject, action.body], told);
  if ("fault" in rendered) return rendered.fault;
  const [subject = "", body = ""] = rendered.texts;
  const { block_document_id } = action;
  const wanted = { block_document_id, subject, body, sent, deadline: deps.now() + timeout };
  const delivery = await deliverNotification(deps, block.blocks, wanted);
  if (delivery.kind === "delivered") return executed(told);
  const failure = { reason: "Notification failed", ...told, details: { notification_log: delivery.reason } };
  return delivery.kind === "refused" ? { kind: "failed", ...failure } : { kind: "interrupted", sent: delivery.sent, ...failure };
}
