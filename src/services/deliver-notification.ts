import type { Deps } from "../deps.ts";
import { resolveDocuments } from "../domain/blocks/documents.ts";
import { BlockRefused, type NotificationRequest, notificationRequests } from "../domain/notifications/index.ts";
import type { Micros } from "../lib/time.ts";
import { outbound } from "../outbound/send.ts";
import { type DocumentTree, readBlockDocuments } from "../store/block-documents/read.ts";
import { openTree } from "./open-documents.ts";

/** The dependencies of a notification block: its secrets, and what limits outgoing requests. */
export type DeliveryDeps = Pick<Deps, "db" | "secrets" | "config" | "now">;

/** Why a notification was not delivered: no reason contains an address or another secret. `sent` requests need no repetition. */
export type Delivery =
  | { readonly kind: "delivered" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly sent: number };

/** Returns the block documents with their secrets. Throws SecretsUnavailable without the key. */
export const loadNotificationBlocks = async ({ db, secrets }: DeliveryDeps, ids: readonly string[]): Promise<DocumentTree> =>
  openTree(await readBlockDocuments(db, [...new Set(ids)]), secrets);

export interface Delivered {
  readonly block_document_id: string;
  readonly subject: string | null;
  readonly body: string;
  /** How many of its requests were answered before. */
  readonly sent: number;
  readonly deadline: Micros;
}

/** Delivers a notification through one of the blocks, one request after the other, until the deadline. */
export async function deliverNotification(deps: DeliveryDeps, blocks: DocumentTree, wanted: Delivered): Promise<Delivery> {
  const { block_document_id: id, subject, body, deadline } = wanted;
  const block = blocks.byId.get(id);
  if (block === undefined) return { kind: "refused", reason: "The block document does not exist." };
  const documents = Array.from(blocks.byId.values(), ({ row }) => ({ ...row, block_type: null }));
  const { data } = resolveDocuments(documents, blocks.links)(id);
  try {
    const requests = notificationRequests(block.type.slug, data, { subject, body, now: deps.now() });
    return await send(deps, requests, wanted.sent, deadline);
  } catch (error) {
    if (error instanceof BlockRefused) return { kind: "refused", reason: error.message };
    throw error;
  }
}

// An answer that says the request itself is wrong would be the same next time.
const isFinal = (status: number): boolean => status < 500 && status !== 408 && status !== 429;

async function send(
  { config, now }: DeliveryDeps,
  requests: readonly NotificationRequest[],
  already: number,
  deadline: Micros,
): Promise<Delivery> {
  const deliver = outbound({ allowsPrivate: config.allowsPrivateUrls, now });
  for (const [place, request] of requests.entries()) {
    if (place < already) continue;
    const outcome = await deliver(request, deadline);
    if (outcome.kind === "refused_address") return { kind: "refused", reason: outcome.reason };
    if (outcome.kind === "unreachable") return { kind: "failed", reason: outcome.reason, sent: place };
    const { status } = outcome;
    if (status >= 200 && status < 300) continue;
    const reason = `The service responded with status ${status}.`;
    return isFinal(status) ? { kind: "refused", reason } : { kind: "failed", reason, sent: place };
  }
  return { kind: "delivered" };
}
