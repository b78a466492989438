import type { Deps } from "../../deps.ts";
import { type ActionOutcome, failed, reasonOf, type Told } from "../../domain/automations/triggered-action.ts";
import type { Labels } from "../../domain/events/event.ts";
import { SecretsUnavailable } from "../../lib/secret-box.ts";
import type { Action } from "../../schemas/automations/actions.ts";
import type { DocumentTree } from "../../store/block-documents/read.ts";
import { loadNotificationBlocks } from "../deliver-notification.ts";

type BlockAction = Extract<Action, { readonly block_document_id: string }>;

/** The block of an action, with its secrets, and what the action tells of it. */
export interface LoadedBlock {
  readonly blocks: DocumentTree;
  readonly slug: string;
  readonly capabilities: readonly string[];
  /** Before it is known whether the block is of the right kind. */
  readonly loaded: Told;
  readonly told: Told;
}

/** Returns the block of an action, or why the action fails. One round trip. */
export async function loadBlock(
  deps: Deps,
  { type, block_document_id: id }: BlockAction,
): Promise<LoadedBlock | { readonly none: ActionOutcome }> {
  const kind = type === "call-webhook" ? "webhook" : "notification";
  let blocks: DocumentTree;
  try {
    blocks = await loadNotificationBlocks(deps, [id]);
  } catch (error) {
    // Without the key of the secrets the block cannot be read; other errors pass.
    if (error instanceof SecretsUnavailable) return { none: failed(`The ${kind} block was invalid: SecretsUnavailable()`) };
    throw error;
  }
  const found = blocks.byId.get(id);
  if (found === undefined) return { none: failed(reasonOf(type, 404)) };
  const { row, type: block } = found;
  const loaded = { related: [], details: {}, loaded: { id, name: row.name, slug: block.slug } };
  const related: Labels[] = [
    {
      "prefect.resource.id": `prefect.block-document.${id}`,
      "prefect.resource.role": "block",
      "prefect.resource.name": row.name,
    },
    { "prefect.resource.id": `prefect.block-type.${block.slug}`, "prefect.resource.role": "block-type" },
  ];
  const capabilities = blocks.schemas.byId.get(row.block_schema_id)?.row.capabilities ?? [];
  return { blocks, slug: block.slug, capabilities, loaded, told: { ...loaded, related } };
}
