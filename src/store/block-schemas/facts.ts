import type { RegistrationFacts } from "../../domain/blocks/register-schema.ts";
import { stringifyJson } from "../../lib/json.ts";
import { blockTypes } from "../block-types/rows.ts";
import type { Database } from "../client.ts";
import { selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import type { BlockTypeRow } from "../tables/blocks.ts";
import { readSchemaTree, type SchemaInTree, selectSchemaTree } from "./read.ts";

/** What the creation of a schema refers to. */
export interface WantedBySchema {
  readonly block_type_id: string;
  readonly checksum: string;
  readonly version: string;
  readonly slugs: readonly string[];
  /** The checksums of nested schemas: those that are referred to, and those of what would be made. */
  readonly checksums: readonly string[];
}

export interface SchemaFacts extends RegistrationFacts {
  /** Null where the type does not exist. */
  readonly type: BlockTypeRow | null;
  /** The schema that has the checksum and the version already. */
  readonly existing: SchemaInTree | null;
}

const slugs = selection({ slug: text("b.slug"), id: text("b.id") });
const known = selection({ checksum: text("s.checksum"), version: text("s.version"), id: text("s.id") });

/** Returns what the creation of a schema depends on; one round trip. */
export async function loadSchemaFacts(db: Database, wanted: WantedBySchema): Promise<SchemaFacts> {
  const { block_type_id, checksum, version } = wanted;
  const same = sql`select id from block_schema where checksum = ${checksum} and version = ${version}`;
  const [type, bySlug, byChecksum, schemas, links] = await db.read([
    sql`select ${blockTypes.columns("b")} from block_type b where b.id = ${block_type_id}`,
    sql`select ${slugs.columns} from json_each(${stringifyJson(wanted.slugs)}) w join block_type b on b.slug = w.value`,
    sql`select ${known.columns} from json_each(${stringifyJson(wanted.checksums)}) w join block_schema s on s.checksum = w.value order by s.created, s.id`,
    ...selectSchemaTree(same),
  ]);
  const rows = known.rows(byChecksum);
  const tree = readSchemaTree(schemas, links);
  const id = [...tree.byId.values()].find(({ row }) => row.checksum === checksum && row.version === version)?.row.id;
  return {
    type: blockTypes.first(type),
    existing: id === undefined ? null : { id, tree },
    types: new Map(slugs.rows(bySlug).map((one) => [one.slug, one.id])),
    newest: new Map(rows.map((one) => [one.checksum, one.id])),
    unversioned: new Map(rows.filter((one) => one.version === "non-versioned").map((one) => [one.checksum, one.id])),
  };
}
