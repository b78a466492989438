import * as z from "zod";
import type { Deps } from "../deps.ts";
import {
  type ApiError,
  badRequest,
  conflict,
  found,
  integrityConflict,
  missingScope,
  notFound,
  unprocessable,
} from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { Rows } from "../lib/rows.ts";
import { presentBlockDocuments } from "../present/block-documents.ts";
import {
  type BlockDocument,
  blockDocument,
  blockDocumentCount,
  blockDocumentCreate,
  blockDocumentList,
  blockDocumentUpdate,
  bySlugAndName,
  secretsQuery,
} from "../schemas/block-documents.ts";
import { bySlug } from "../schemas/block-types.ts";
import { byId } from "../schemas/common.ts";
import { openTree } from "../services/open-documents.ts";
import { createBlockDocument, type DocumentRefusal, updateBlockDocument } from "../services/write-block-document.ts";
import {
  countBlockDocuments,
  type DocumentTree,
  listBlockDocuments,
  listDocumentsOfType,
  readBlockDocument,
  readBlockDocumentByName,
} from "../store/block-documents/read.ts";
import { deleteBlockDocument } from "../store/block-documents/write.ts";

const tag = "Block documents";
const typesTag = "Block types";
const absent = "Block document not found";

function errorOf(refusal: DocumentRefusal, parent: string, type: string): ApiError {
  switch (refusal.kind) {
    case "not_found":
      return notFound(absent);
    case "type_not_found":
      return notFound(`Block type ${type} not found.`);
    case "name_taken":
      return conflict("Block already exists");
    case "reference_missing":
      return integrityConflict();
    case "reference_without_id":
      return badRequest(`Received block reference without a block_document_id in key ${refusal.name}`);
    case "circular":
      return badRequest(
        "Cannot create block document reference: it would introduce a cycle into the block_document_reference graph " +
          `(parent=${parent}, reference=${refusal.id}).`,
      );
    case "schema_of_another_type":
      return badRequest("Must migrate block document to a block schema of the same block type.");
    case "refused":
      return unprocessable(refusal.reason);
  }
}

/** Returns whether a request asks for secrets; throws 403 where its sender may not see them. */
function asksForSecrets({ include_secrets }: { include_secrets: boolean }, { principal }: Deps): boolean {
  if (include_secrets && principal?.scopes.has("see_secrets") !== true) throw missingScope("see_secrets");
  return include_secrets;
}

/** Returns the documents of a tree as answers show them: with their secrets where those are asked for. */
const present = async (tree: DocumentTree, includesSecrets: boolean, { secrets }: Deps): Promise<BlockDocument[]> =>
  presentBlockDocuments(includesSecrets ? await openTree(tree, secrets) : tree);

async function presentOne(tree: DocumentTree, includesSecrets: boolean, deps: Deps): Promise<BlockDocument> {
  const [document] = await present(tree, includesSecrets, deps);
  return found(document ?? null, absent);
}

/** The first part is presented before the answer begins: what keeps its secrets from being shown has a status of its own. */
async function presentAll(trees: Rows<DocumentTree>, includesSecrets: boolean, deps: Deps): Promise<Rows<BlockDocument>> {
  const parts = trees[Symbol.asyncIterator]();
  const first = await parts.next();
  const shown = first.done === true ? [] : await present(first.value, includesSecrets, deps);
  return new Rows(
    (async function* () {
      yield* shown;
      for await (const tree of parts) yield* await present(tree, includesSecrets, deps);
    })(),
  );
}

export const blockDocumentOperations = [
  operation({
    method: "POST",
    path: "/block_documents/",
    tag,
    scope: "manage_blocks",
    audited: "block_document",
    summary: "Create Block Document",
    body: blockDocumentCreate,
    secretBody: true,
    response: blockDocument,
    status: 201,
    errors: [400, 404, 409],
    handle: async ({ body, deps }) => {
      const outcome = await createBlockDocument(deps, body);
      if (outcome.kind !== "created") throw errorOf(outcome, "", body.block_type_id);
      return presentOne(outcome.tree, false, deps);
    },
  }),
  operation({
    method: "POST",
    path: "/block_documents/filter",
    tag,
    scope: "see_blocks",
    summary: "Read Block Documents",
    body: blockDocumentList,
    bodyRequired: false,
    response: z.array(blockDocument),
    handle: ({ body: { include_secrets, ...list }, deps }) => {
      const includesSecrets = asksForSecrets({ include_secrets }, deps);
      return presentAll(listBlockDocuments(deps.db, list), includesSecrets, deps);
    },
  }),
  operation({
    method: "POST",
    path: "/block_documents/count",
    tag,
    scope: "see_blocks",
    summary: "Count Block Documents",
    body: blockDocumentCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countBlockDocuments(deps.db, body),
  }),
  operation({
    method: "GET",
    path: "/block_documents/{id}",
    tag,
    scope: "see_blocks",
    summary: "Read Block Document By Id",
    params: byId,
    query: secretsQuery,
    response: blockDocument,
    handle: async ({ params, query, deps }) => {
      const includesSecrets = asksForSecrets(query, deps);
      return presentOne(await readBlockDocument(deps.db, params.id), includesSecrets, deps);
    },
  }),
  operation({
    method: "PATCH",
    path: "/block_documents/{id}",
    tag,
    scope: "manage_blocks",
    audited: "block_document",
    summary: "Update Block Document Data",
    params: byId,
    body: blockDocumentUpdate,
    secretBody: true,
    errors: [400, 409],
    handle: async ({ params: { id }, body, deps }) => {
      const outcome = await updateBlockDocument(deps, id, body);
      if (outcome.kind !== "updated") throw errorOf(outcome, id, "");
    },
  }),
  operation({
    method: "DELETE",
    path: "/block_documents/{id}",
    tag,
    scope: "manage_blocks",
    audited: "block_document",
    summary: "Delete Block Document",
    params: byId,
    handle: async ({ params: { id }, deps }) => {
      if (!(await deleteBlockDocument(deps.db, id, { now: deps.now(), eventId: deps.newId() }))) throw notFound(absent);
    },
  }),
  operation({
    method: "GET",
    path: "/block_types/slug/{slug}/block_documents",
    tag: typesTag,
    scope: "see_blocks",
    summary: "Read Block Documents For Block Type",
    params: bySlug,
    query: secretsQuery,
    response: z.array(blockDocument),
    errors: [404],
    handle: async ({ params, query, deps }) => {
      const includesSecrets = asksForSecrets(query, deps);
      const trees = found(await listDocumentsOfType(deps.db, params.slug), "Block type not found");
      return (await Promise.all(trees.map((tree) => present(tree, includesSecrets, deps)))).flat();
    },
  }),
  operation({
    method: "GET",
    path: "/block_types/slug/{slug}/block_documents/name/{block_document_name}",
    tag: typesTag,
    scope: "see_blocks",
    summary: "Read Block Document By Name For Block Type",
    params: bySlugAndName,
    query: secretsQuery,
    response: blockDocument,
    errors: [404],
    handle: async ({ params: { slug, block_document_name }, query, deps }) => {
      const includesSecrets = asksForSecrets(query, deps);
      return presentOne(await readBlockDocumentByName(deps.db, slug, block_document_name), includesSecrets, deps);
    },
  }),
];
