import { createHash } from "node:crypto";
import { storedForms } from "../../domain/blocks/documents.ts";
import { mask, secretPathsOf } from "../../domain/blocks/masks.ts";
import { planSchema, SchemaRefused } from "../../domain/blocks/nested-schemas.ts";
import { isJsonObject, type JsonObject, objectOf, stringifyJson } from "../../lib/json.ts";
import { placeOfSecrets } from "../../store/block-documents/rows.ts";
import { type Link, linkDocuments, linkSchemas } from "../../store/import/links.ts";
import { importTable, type Prepared } from "../../store/import/table.ts";
import { rowMapper } from "../../store/sql/rows.ts";
import { blockDocument } from "../../store/tables/blocks.ts";
import { listStage } from "./configuration.ts";
import type { Context, Kind } from "./context.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { kinds } from "./kinds.ts";
import { offsetPages } from "./pages.ts";
import type { Stage } from "./stage.ts";
import { note } from "./tally.ts";

export const blockTypes = listStage("block types", { path: "/block_types/filter" }, async (context, items) => {
  const rows = items.map((from) =>
    kinds.blockTypes.table.prepare({
      ...from.stamps(),
      name: from.text("name"),
      slug: from.text("slug"),
      logo_url: from.textOrNull("logo_url"),
      documentation_url: from.textOrNull("documentation_url"),
      description: from.textOrNull("description"),
      code_example: from.textOrNull("code_example"),
      is_protected: from.flag("is_protected", false),
    }),
  );
  await context.store(kinds.blockTypes, rows);
});

export const blockSchemas: Stage = {
  name: "block schemas",
  isLong: false,
  async *run(context) {
    const links: Link[] = [];
    for await (const page of offsetPages(context.source, "/block_schemas/filter", {})) {
      const made = page.items.flatMap((item) => schemaOf(context, fieldsOf(item, "block schema")));
      const stored = await context.store(
        kinds.blockSchemas,
        made.map(({ prepared }) => prepared),
      );
      links.push(...made.filter(({ prepared }) => stored.has(prepared.id)).flatMap((one) => one.links));
      yield page.position;
    }
    // The nested ones may come after those that nest them.
    if (!context.isDryRun && links.length > 0) await linkSchemas(context.db, links);
  },
};

function schemaOf(context: Context, from: Fields): { prepared: Prepared; links: Link[] }[] {
  const { id, ...stamps } = from.stamps();
  try {
    const plan = planSchema(from.object("fields"));
    const prepared = kinds.blockSchemas.table.prepare({
      id,
      ...stamps,
      checksum: from.text("checksum"),
      fields: plan.stored,
      capabilities: from.texts("capabilities").sort(),
      version: from.text("version", "non-versioned"),
      block_type_id: context.idHere(from.id("block_type_id")),
    });
    return [{ prepared, links: plan.references.map(({ name, checksum }) => ({ parent_id: id, name, child: checksum })) }];
  } catch (error) {
    if (!(error instanceof SchemaRefused)) throw error;
    const tally = context.tally(kinds.blockSchemas.name);
    tally.refused++;
    note(tally, `${id} is refused: ${error.message}`);
    return [];
  }
}

const documents = importTable(rowMapper(blockDocument), { unique: ["block_type_id", "name"] });

/** The kind of block documents: their secrets are compared by a digest of what they open to. */
function documentKind({ box }: Context): Kind {
  return {
    name: "block documents",
    table: documents,
    async compared(row) {
      const { secrets, ...rest } = row;
      if (typeof secrets !== "string") return rest;
      const opened = await box.open(secrets, placeOfSecrets(String(row.id)));
      return { ...rest, secrets: createHash("sha256").update(opened).digest("hex") };
    },
  };
}

export const blockDocuments: Stage = {
  name: "block documents",
  isLong: false,
  async *run(context) {
    const links: Link[] = [];
    let hidden = 0;
    // The filter of the reference leaves anonymous documents out unless it is null.
    const body = { include_secrets: true, block_documents: { is_anonymous: null } };
    for await (const page of offsetPages(context.source, "/block_documents/filter", body)) {
      const items = page.items.map((item) => fieldsOf(item, "block document"));
      const made = await Promise.all(items.map((from) => documentOf(context, from)));
      const stored = await context.store(
        documentKind(context),
        made.map(({ prepared }) => prepared),
      );
      links.push(...made.filter(({ prepared }) => stored.has(prepared.id)).flatMap((one) => one.links));
      hidden += made.filter((one) => one.isHidden).length;
      yield page.position;
    }
    if (!context.isDryRun && links.length > 0)
      await linkDocuments(
        context.db,
        links.map((link) => ({ ...link, child: context.idHere(link.child) })),
      );
    if (hidden > 0)
      context.remark(
        `${hidden} block documents came with masks in place of their secrets: the source does not give them; set them here.`,
      );
  },
};

interface MadeDocument {
  readonly prepared: Prepared;
  readonly links: Link[];
  readonly isHidden: boolean;
}

async function documentOf(context: Context, from: Fields): Promise<MadeDocument> {
  const { id, ...stamps } = from.stamps();
  const references = from.object("block_document_references");
  // The data of those that it refers to stand among its own.
  const data = Object.fromEntries(Object.entries(from.object("data")).filter(([name]) => !Object.hasOwn(references, name)));
  const fields = objectOf(objectOf(from.json("block_schema")).fields);
  const { shown, hidden } = storedForms(data, secretPathsOf(fields));
  const prepared = documents.prepare({
    id,
    ...stamps,
    name: from.text("name", `anonymous-${id}`),
    data: shown,
    secrets: hidden === null ? null : await context.box.seal(hidden, placeOfSecrets(id)),
    block_schema_id: context.idHere(from.id("block_schema_id")),
    block_type_id: context.idHere(from.id("block_type_id")),
    is_anonymous: from.flag("is_anonymous", false),
  });
  return { prepared, links: linksOf(id, references), isHidden: stringifyJson(data).includes(`"${mask}"`) };
}

function linksOf(parent_id: string, references: JsonObject): Link[] {
  return Object.entries(references).flatMap(([name, value]) => {
    const inner = objectOf(value).block_document;
    return isJsonObject(inner) ? [{ parent_id, name, child: fieldsOf(inner, "block document").id() }] : [];
  });
}
