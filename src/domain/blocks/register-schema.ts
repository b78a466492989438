import type { JsonObject } from "../../lib/json.ts";
import { nonVersioned } from "../../schemas/block-schemas.ts";
import { type SchemaPlan, SchemaRefused } from "./nested-schemas.ts";

/** The stored schemas and types to which a new schema may refer. */
export interface RegistrationFacts {
  /** The ids of types by their slug. */
  readonly types: ReadonlyMap<string, string>;
  /** The newest schema of each checksum. */
  readonly newest: ReadonlyMap<string, string>;
  /** The schemas without a version, by checksum. */
  readonly unversioned: ReadonlyMap<string, string>;
}

export interface NewSchema {
  readonly id: string;
  readonly checksum: string;
  readonly fields: JsonObject;
  readonly capabilities: readonly string[];
  readonly version: string;
  readonly block_type_id: string;
}

export interface SchemaLink {
  readonly parent_id: string;
  readonly name: string;
  readonly child_id: string;
}

/** The rows that a new schema comes with, parents first; or the slug of a type that is missing. */
export type Registration =
  | { readonly kind: "new"; readonly schemas: readonly NewSchema[]; readonly links: readonly SchemaLink[] }
  | { readonly kind: "type_missing"; readonly slug: string };

/** Thrown and caught in this file: no type has the slug. */
class TypeMissing extends Error {
  readonly slug: string;
  constructor(slug: string) {
    super();
    this.slug = slug;
  }
}

interface Deps {
  readonly newId: () => string;
  /** The checksum of each plan. */
  readonly checksums: ReadonlyMap<SchemaPlan, string>;
}

/**
 * Returns the rows to store for a new schema: a nested schema is linked where a stored one has its checksum, else created from its
 * definition (`prefect/server/models/block_schemas.py _register_nested_block_schemas`). Throws SchemaRefused where neither is possible.
 */
export function registerSchema(
  plan: SchemaPlan,
  root: Pick<NewSchema, "capabilities" | "version" | "block_type_id">,
  facts: RegistrationFacts,
  { newId, checksums }: Deps,
): Registration {
  const schemas: NewSchema[] = [];
  const links = new Map<string, SchemaLink>();
  const newest = new Map(facts.newest);
  const unversioned = new Map(facts.unversioned);
  const make = (part: SchemaPlan, rest: Pick<NewSchema, "capabilities" | "version" | "block_type_id">): string => {
    const checksum = checksums.get(part) ?? "";
    const known = rest === root ? undefined : unversioned.get(checksum);
    if (known !== undefined) return known;
    const id = newId();
    schemas.push({ ...rest, id, checksum, fields: part.stored });
    newest.set(checksum, id);
    if (rest.version === nonVersioned) unversioned.set(checksum, id);
    for (const { name, slug, checksum: wanted, made } of part.references) {
      const block_type_id = facts.types.get(slug);
      if (block_type_id === undefined) throw new TypeMissing(slug);
      const linked = newest.get(wanted);
      if (linked === undefined && made === null)
        throw new SchemaRefused(`The block schema of '${name}' is neither known by its checksum nor defined by the fields.`);
      const nested = { capabilities: [], version: nonVersioned, block_type_id };
      const child_id = linked ?? (made === null ? "" : make(made, nested));
      links.set(`${id} ${child_id} ${name}`, { parent_id: id, name, child_id });
    }
    return id;
  };
  try {
    make(plan, root);
  } catch (error) {
    if (error instanceof TypeMissing) return { kind: "type_missing", slug: error.slug };
    throw error;
  }
  return { kind: "new", schemas, links: [...links.values()] };
}
