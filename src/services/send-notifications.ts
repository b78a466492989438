import type { Deps } from "../deps.ts";
import { messageOf, policySubject } from "../domain/notifications/message.ts";
import { fromSecondsDuration, type Micros } from "../lib/time.ts";
import type { DocumentTree } from "../store/block-documents/read.ts";
import {
  type NotificationSettled,
  settleNotifications,
  type TakenNotification,
  takeNotifications,
} from "../store/flow-run-notifications/queue.ts";
import { type Delivery, deliverNotification, loadNotificationBlocks } from "./deliver-notification.ts";

type SendDeps = Pick<Deps, "db" | "secrets" | "config" | "now" | "log">;

/** Notifications that are sent at a time: an isolate has six connections, an invocation fifty requests. */
const batch = 20;
/** For the requests of one notification. */
const timeout = fromSecondsDuration(25);
/** How long a sender keeps what it took; a notification that is still there afterwards is sent again, because its sender has stopped. */
const lease = fromSecondsDuration(60);
const mostAttempts = 6;
/** Before the second attempt; four times as long before each further one: the last is about an hour and a half after the first. */
const firstPause = fromSecondsDuration(15);

/**
 * Sends the notifications that flow run notification policies have queued, each once unless its sender stops halfway
 * (`prefect/server/services/flow_run_notifications.py` of 3.3.0). Failures are tried again, then logged and dropped. Returns whether more
 * may be due.
 */
export async function sendNotifications(deps: SendDeps): Promise<boolean> {
  const now = deps.now();
  const taken = await takeNotifications(deps.db, { now, until: now + lease, limit: batch });
  if (taken.length === 0) return false;
  const blocks = await loadNotificationBlocks(
    deps,
    taken.map((one) => one.block_document_id),
  ).catch((error: unknown) => ({ failed: error }));
  const settled = await Promise.all(taken.map((one) => settle(deps, one, blocks, now + timeout)));
  await settleNotifications(deps.db, settled);
  return taken.length === batch;
}

async function settle(
  deps: SendDeps,
  one: TakenNotification,
  blocks: DocumentTree | { readonly failed: unknown },
  deadline: Micros,
): Promise<NotificationSettled> {
  const { policy_id, flow_run_state_id, attempts } = one;
  const outcome = await attempt(deps, one, blocks, deadline);
  const done = { policy_id, flow_run_state_id, again: null };
  if (outcome === null || outcome.kind === "delivered") return done;
  const isLast = outcome.kind === "refused" || attempts >= mostAttempts;
  deps.log("warn", {
    notification_policy: policy_id,
    state: flow_run_state_id,
    attempts,
    dropped: isLast,
    reason: outcome.reason,
  });
  if (isLast) return done;
  return { ...done, again: { due: deps.now() + firstPause * 4 ** (attempts - 1), sent: outcome.sent } };
}

/** Returns null where the flow run has gone: there is nothing to tell. */
async function attempt(
  deps: SendDeps,
  { policy_id, block_document_id, message_template, facts, sent }: TakenNotification,
  blocks: DocumentTree | { readonly failed: unknown },
  deadline: Micros,
): Promise<Delivery | null> {
  if (facts === null) return null;
  try {
    if ("failed" in blocks) throw blocks.failed;
    const ui_url = deps.config.uiUrl ?? "http://ephemeral-prefect/api";
    const body = messageOf(message_template, { ...facts, policy_id, ui_url });
    return await deliverNotification(deps, blocks, { block_document_id, subject: policySubject, body, sent, deadline });
  } catch (error) {
    // Only the kind of an unexpected error is told: its text may repeat what the block holds.
    return { kind: "failed", reason: error instanceof Error ? error.constructor.name : "Error", sent };
  }
}
