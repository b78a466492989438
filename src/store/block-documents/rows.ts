import { placeOf } from "../../lib/secret-box.ts";
import { rowMapper } from "../sql/rows.ts";
import { blockDocument } from "../tables/blocks.ts";

export const blockDocuments = rowMapper(blockDocument);

/** Where the encrypted data of a document are kept: what is sealed for one place does not open at another. */
export const placeOfSecrets = (id: string): string => placeOf("block_document", "secrets", id);
