import type { JsonObject } from "../lib/json.ts";
import { objectOf, parseJson } from "../lib/json.ts";
import type { SecretBox } from "../lib/secret-box.ts";
import type { DocumentTree } from "../store/block-documents/read.ts";
import { placeOfSecrets } from "../store/block-documents/rows.ts";
import type { BlockDocumentRow } from "../store/tables/blocks.ts";

/** Returns the data of a stored document with its secrets. Throws SecretsUnavailable without the key. */
export const openDocument = async ({ id, data, secrets }: BlockDocumentRow, box: SecretBox): Promise<JsonObject> =>
  secrets === null ? data : objectOf(parseJson(await box.open(secrets, placeOfSecrets(id))));

/** Returns the same tree with the secrets in the data of its documents. Throws SecretsUnavailable without the key. */
export async function openTree(tree: DocumentTree, box: SecretBox): Promise<DocumentTree> {
  const opened = await Promise.all(
    Array.from(tree.byId, async ([id, stored]) => {
      const data = await openDocument(stored.row, box);
      return [id, { ...stored, row: { ...stored.row, data } }] as const;
    }),
  );
  return { ...tree, byId: new Map(opened) };
}
