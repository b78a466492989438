import type { Deps } from "../../deps.ts";
import { type ActionOutcome, executed, failed, type Triggered } from "../../domain/automations/triggered-action.ts";
import { toldHeaders, truncated, webhookRequest } from "../../domain/automations/webhook.ts";
import { resolveDocuments } from "../../domain/blocks/documents.ts";
import { fromSecondsDuration } from "../../lib/time.ts";
import { outbound } from "../../outbound/send.ts";
import { loadBlock } from "./blocks.ts";
import { renderTexts } from "./templates.ts";

const timeout = fromSecondsDuration(10);

/** Calls a webhook: any answer counts as success. It is called at least once; repetitions have the same `idempotency-key`. */
export async function callWebhook(deps: Deps, one: Triggered<"call-webhook">): Promise<ActionOutcome> {
  const { action, invocation } = one;
  const block = await loadBlock(deps, action);
  if ("none" in block) return block.none;
  if (block.slug !== "webhook") return failed("The referenced block was not a webhook block", block.loaded);
  const documents = Array.from(block.blocks.byId.values(), ({ row }) => ({ ...row, block_type: null }));
  const { data } = resolveDocuments(documents, block.blocks.links)(action.block_document_id);
  const rendered = await renderTexts(deps, one, [action.payload], block.told);
  if ("fault" in rendered) return rendered.fault;
  const made = webhookRequest(data, rendered.texts[0] ?? "", invocation);
  if ("fault" in made) return failed(`The webhook block was invalid: ${made.fault}`, block.loaded);
  const call = outbound({ allowsPrivate: deps.config.allowsPrivateUrls, now: deps.now });
  const outcome = await call(made.request, deps.now() + timeout);
  if (outcome.kind !== "answered") return failed(`Webhook call failed: ${outcome.reason}`, block.told);
  const { status: status_code, headers, body } = outcome;
  return executed({
    ...block.told,
    details: { status_code, response_body: truncated(body), response_headers: toldHeaders(headers) },
  });
}
