import { isJsonObject, type JsonObject, stringifyJson } from "../../lib/json.ts";
import { normaliseUuid } from "../../schemas/common.ts";
import { requestBounds } from "../../schemas/lists.ts";
import { without } from "./checksum.ts";
import { maskSecrets, restoreSecrets } from "./masks.ts";

/** A member of a document's data that is another document. */
export interface DocumentReference {
  readonly name: string;
  readonly id: string;
}

/** Data as they are stored: references apart. */
export type SplitData =
  | { readonly kind: "split"; readonly data: JsonObject; readonly references: readonly DocumentReference[] }
  | { readonly kind: "reference_without_id"; readonly name: string }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Separates the references among the members of data: objects with the key `$ref`
 * (`prefect/server/models/block_documents.py _separate_block_references_from_data`).
 */
export function splitReferences(data: JsonObject): SplitData {
  const references: DocumentReference[] = [];
  for (const [name, value] of Object.entries(data)) {
    if (!isJsonObject(value) || !Object.hasOwn(value, "$ref")) continue;
    const { $ref: reference } = value;
    if (!isJsonObject(reference)) return { kind: "refused", reason: `The block reference in key ${name} is no object` };
    const { block_document_id: sent = null } = reference;
    if (sent === null) return { kind: "reference_without_id", name };
    const id = typeof sent === "string" ? normaliseUuid(sent) : null;
    if (id === null) return { kind: "refused", reason: `The block_document_id in key ${name} is no UUID` };
    references.push({ name, id });
  }
  if (references.length > requestBounds.blockReferences)
    return { kind: "refused", reason: `A block document has at most ${requestBounds.blockReferences} references` };
  return { kind: "split", data: without(data, ...references.map(({ name }) => name)), references };
}

/** The stored data of a document before an update. */
interface Stored {
  /** With its secrets. */
  readonly data: JsonObject;
  /** The secret paths of the schema that it has before the change. */
  readonly secrets: readonly (readonly string[])[];
}

/** Returns the data after an update: a mask keeps the stored secret, sent members replace stored ones. */
export function updatedData({ data, secrets }: Stored, sent: JsonObject, merges: boolean): JsonObject {
  const restored = restoreSecrets(sent, data, secrets);
  return merges ? Object.fromEntries([...Object.entries(data), ...Object.entries(restored)]) : restored;
}

/** What a document's row keeps: the data as they are shown and, where that is less than there is, all of them to be encrypted. */
export function storedForms(
  data: JsonObject,
  secrets: readonly (readonly string[])[],
): { shown: JsonObject; hidden: string | null } {
  const shown = maskSecrets(data, secrets);
  const all = stringifyJson(data);
  return { shown, hidden: stringifyJson(shown) === all ? null : all };
}

/** A stored document, as far as those that refer to it show it. */
export interface DocumentPart<T> {
  readonly id: string;
  readonly name: string;
  readonly is_anonymous: boolean;
  readonly block_type: T;
  readonly data: JsonObject;
}

export interface DocumentLink {
  readonly parent_id: string;
  readonly name: string;
  readonly child_id: string;
}

/** How a document's answer names those that it refers to. */
export interface ShownReferences {
  readonly [field: string]: {
    readonly block_document: {
      readonly id: string;
      readonly name: string;
      readonly block_type: unknown;
      readonly is_anonymous: boolean;
      readonly block_document_references: ShownReferences;
    };
  };
}

interface Resolved {
  readonly data: JsonObject;
  readonly references: ShownReferences;
  /** How many documents the data are made of, on how many levels, with how many characters. */
  readonly documents: number;
  readonly levels: number;
  readonly characters: number;
}

/** How much one document shows of those that it refers to: a document that is referred to twice is shown twice. */
export const mostResolved = { documents: 1000, levels: 50, characters: 10_000_000 };

/**
 * Returns a function that gives a document with the data of the documents to which it refers, at any depth. Documents beyond a bound are
 * left out.
 */
export function resolveDocuments<T>(
  parts: Iterable<DocumentPart<T>>,
  links: readonly DocumentLink[],
): (id: string) => Pick<Resolved, "data" | "references"> {
  const byId = new Map(Array.from(parts, (part) => [part.id, part]));
  const byParent = Map.groupBy(links, ({ parent_id }) => parent_id);
  const made = new Map<string, Resolved>();
  const resolve = (id: string, path: readonly string[]): Resolved => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const own = byId.get(id)?.data ?? {};
    let size = { documents: 1, levels: 1, characters: stringifyJson(own).length };
    const data: [string, unknown][] = Object.entries(own);
    const references: [string, ShownReferences[string]][] = [];
    for (const { name, child_id } of byParent.get(id) ?? []) {
      const child = byId.get(child_id);
      if (child === undefined || path.includes(child_id)) continue;
      const below = resolve(child_id, [...path, child_id]);
      const after = {
        documents: size.documents + below.documents,
        levels: Math.max(size.levels, below.levels + 1),
        characters: size.characters + below.characters,
      };
      const { documents, levels, characters } = mostResolved;
      if (after.documents > documents || after.levels > levels || after.characters > characters) continue;
      size = after;
      const { block_type, is_anonymous } = child;
      const shown = { id: child_id, name: child.name, block_type, is_anonymous, block_document_references: below.references };
      data.push([name, below.data]);
      references.push([name, { block_document: shown }]);
    }
    const resolved = { ...size, data: Object.fromEntries(data), references: Object.fromEntries(references) };
    made.set(id, resolved);
    return resolved;
  };
  return (id) => resolve(id, [id]);
}
