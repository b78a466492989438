import { allPlans, planSchema, type SchemaPlan, SchemaRefused } from "../domain/blocks/nested-schemas.ts";
import { registerSchema } from "../domain/blocks/register-schema.ts";
import type { Sources } from "../domain/surroundings.ts";
import type { JsonObject } from "../lib/json.ts";
import type { BlockSchemaCreate } from "../schemas/block-schemas.ts";
import { loadSchemaFacts } from "../store/block-schemas/facts.ts";
import type { SchemaInTree, StoredBlockSchema } from "../store/block-schemas/read.ts";
import { createBlockSchemas } from "../store/block-schemas/write.ts";
import type { Database } from "../store/client.ts";
import { changedMeanwhile, untilCommitted } from "./until-committed.ts";

type Deps = Sources & { readonly db: Database };

export type BlockSchemaCreation =
  | { readonly kind: "created"; readonly stored: StoredBlockSchema; readonly fields: JsonObject }
  | { readonly kind: "existing"; readonly schema: SchemaInTree }
  | { readonly kind: "type_not_found" }
  /** A nested schema is of a type that is not registered. */
  | { readonly kind: "nested_type_not_found"; readonly slug: string }
  | { readonly kind: "refused"; readonly reason: string };

const encoder = new TextEncoder();

/** Returns the SHA-256 of a text as block schemas carry it. */
async function checksumOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Makes a block schema with those that it nests, or returns the one that has its checksum and version. Two round trips: look, then write;
 * one where it is there.
 */
export async function createBlockSchema(deps: Deps, create: BlockSchemaCreate): Promise<BlockSchemaCreation> {
  try {
    const plan = planSchema(create.fields);
    const checksums = new Map<SchemaPlan, string>();
    for (const part of allPlans(plan)) checksums.set(part, await checksumOf(part.hashed));
    return await untilCommitted(deps, () => attempt(deps, create, { plan, checksums }));
  } catch (error) {
    if (error instanceof SchemaRefused) return { kind: "refused", reason: error.message };
    throw error;
  }
}

type Planned = { readonly plan: SchemaPlan; readonly checksums: ReadonlyMap<SchemaPlan, string> };

async function attempt(
  { db, now, newId }: Deps,
  create: BlockSchemaCreate,
  { plan, checksums }: Planned,
): Promise<BlockSchemaCreation | typeof changedMeanwhile> {
  const references = [...checksums.keys()].flatMap((part) => part.references);
  const { block_type_id, version, capabilities } = create;
  const facts = await loadSchemaFacts(db, {
    block_type_id,
    version,
    checksum: checksums.get(plan) ?? "",
    slugs: [...new Set(references.map(({ slug }) => slug))],
    checksums: [...new Set([...references.map(({ checksum }) => checksum), ...checksums.values()])],
  });
  if (facts.type === null) return { kind: "type_not_found" };
  if (facts.existing !== null) return { kind: "existing", schema: facts.existing };
  const registration = registerSchema(plan, { block_type_id, version, capabilities }, facts, { newId, checksums });
  if (registration.kind === "type_missing") return { kind: "nested_type_not_found", slug: registration.slug };
  db.about({ id: registration.schemas[0]?.id });
  const [row] = (await createBlockSchemas(db, registration, now)) ?? [];
  if (row === undefined) return changedMeanwhile;
  // The answer to a creation shows the fields as they were sent, unused definitions included.
  return { kind: "created", stored: { row, type: facts.type }, fields: { block_schema_references: {}, ...create.fields } };
}
