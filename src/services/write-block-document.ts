import { splitReferences, storedForms, updatedData } from "../domain/blocks/documents.ts";
import { secretPathsOf } from "../domain/blocks/masks.ts";
import type { Sources } from "../domain/surroundings.ts";
import type { JsonObject } from "../lib/json.ts";
import type { SecretBox } from "../lib/secret-box.ts";
import type { BlockDocumentCreate, BlockDocumentUpdate } from "../schemas/block-documents.ts";
import { type DocumentUpdateFacts, loadDocumentCreation, loadDocumentUpdate } from "../store/block-documents/facts.ts";
import type { DocumentTree } from "../store/block-documents/read.ts";
import { placeOfSecrets } from "../store/block-documents/rows.ts";
import { createBlockDocument as storeDocument, updateBlockDocument as storeUpdate } from "../store/block-documents/write.ts";
import type { Database } from "../store/client.ts";
import { openDocument } from "./open-documents.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

type Deps = Sources & { readonly db: Database; readonly secrets: SecretBox };

/** Why a document was not written. */
export type DocumentRefusal =
  | { readonly kind: "not_found" }
  | { readonly kind: "type_not_found" }
  | { readonly kind: "name_taken" }
  /** The schema or a document that is referred to does not exist. */
  | { readonly kind: "reference_missing" }
  | { readonly kind: "reference_without_id"; readonly name: string }
  | { readonly kind: "circular"; readonly id: string }
  | { readonly kind: "schema_of_another_type" }
  | { readonly kind: "refused"; readonly reason: string };

export type DocumentCreation = { readonly kind: "created"; readonly tree: DocumentTree } | DocumentRefusal;

/** Makes a block document. Two round trips: look, then write. Throws SecretsUnavailable where it holds a secret and there is no key. */
export async function createBlockDocument(deps: Deps, create: BlockDocumentCreate): Promise<DocumentCreation> {
  const { name, block_schema_id, block_type_id, is_anonymous } = create;
  const split = splitReferences(create.data);
  const ids = split.kind === "split" ? split.references.map(({ id }) => id) : [];
  const facts = await loadDocumentCreation(deps.db, { block_schema_id, block_type_id, name, ids });
  if (facts.name_taken) return { kind: "name_taken" };
  if (!facts.type_exists) return { kind: "type_not_found" };
  if (split.kind !== "split") return split;
  if (facts.schema === null || ids.some((id) => !facts.existing.has(id))) return { kind: "reference_missing" };
  const id = deps.newId();
  const now = deps.now();
  const row = {
    id,
    created: now,
    updated: now,
    name: name || `anonymous-${deps.newId()}`,
    ...(await sealedColumns(deps.secrets, id, split.data, facts.schema.fields)),
    block_schema_id,
    block_type_id,
    is_anonymous,
  };
  deps.db.about({ id, name: row.name });
  const stored = await storeDocument(deps.db, row, split.references, { now, eventId: deps.newId() });
  if (stored === "name_taken") return { kind: stored };
  return stored === "missing" ? { kind: "reference_missing" } : { kind: "created", tree: stored };
}

/** Returns what a row keeps of data. Throws SecretsUnavailable where something of them is secret and there is no key. */
async function sealedColumns(
  box: SecretBox,
  id: string,
  data: JsonObject,
  fields: JsonObject,
): Promise<{ data: JsonObject; secrets: string | null }> {
  const { shown, hidden } = storedForms(data, secretPathsOf(fields));
  return { data: shown, secrets: hidden === null ? null : await box.seal(hidden, placeOfSecrets(id)) };
}

/**
 * Updates a block document's data, references and schema (`prefect/server/models/block_documents.py update_block_document`). Two round
 * trips: load, then write. Throws SecretsUnavailable where the document holds a secret and the server has no key.
 */
export const updateBlockDocument = (
  deps: Deps,
  id: string,
  update: BlockDocumentUpdate,
): Promise<{ readonly kind: "updated" } | DocumentRefusal> =>
  untilCommitted(deps, async () => {
    const { merge_existing_data: merges, block_schema_id = null } = update;
    const sent = update.data ?? (merges ? null : {});
    const split = sent === null ? null : splitReferences(sent);
    const references = split?.kind === "split" ? split.references : [];
    const facts = await loadDocumentUpdate(deps.db, id, { block_schema_id, ids: references.map((one) => one.id) });
    if (facts === null) return { kind: "not_found" };
    const stamp = { now: deps.now(), eventId: deps.newId() };
    if (split === null) {
      await storeUpdate(deps.db, facts.row, null, stamp);
      return { kind: "updated" };
    }
    if (split.kind !== "split") return split;
    const schema = proposedSchema(facts, block_schema_id);
    if ("kind" in schema) return schema;
    const circular = references.find((one) => facts.circular.has(one.id));
    if (circular !== undefined) return { kind: "circular", id: circular.id };
    if (references.some((one) => !facts.existing.has(one.id))) return { kind: "reference_missing" };
    const stored = { data: await openDocument(facts.row, deps.secrets), secrets: secretPathsOf(facts.schema.fields) };
    const data = updatedData(stored, split.data, merges);
    // A member that becomes a reference is no longer data.
    const kept = Object.fromEntries(Object.entries(data).filter(([key]) => !references.some(({ name }) => name === key)));
    const columns = await sealedColumns(deps.secrets, id, kept, schema.fields);
    const change = { ...columns, block_schema_id: schema.id, references };
    return (await storeUpdate(deps.db, facts.row, change, stamp)) ? { kind: "updated" } : changedMeanwhile;
  });

function proposedSchema({ schema, proposed, row }: DocumentUpdateFacts, wanted: string | null): typeof schema | DocumentRefusal {
  if (wanted === null || wanted === schema.id) return schema;
  if (proposed === null) return { kind: "reference_missing" };
  return proposed.block_type_id === row.block_type_id ? proposed : { kind: "schema_of_another_type" };
}
