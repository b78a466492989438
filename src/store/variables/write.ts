import type { Micros } from "../../lib/time.ts";
import type { VariableCreate, VariableUpdate } from "../../schemas/variables.ts";
import type { Sql } from "../client.ts";
import { ConstraintViolation, type Database } from "../client.ts";
import { variableEvent } from "../events/variables.ts";
import type { Stamp } from "../events/write.ts";
import { touched } from "../sql/rows.ts";
import { joined, raw, sql } from "../sql/tag.ts";
import type { VariableRow } from "../tables/variables.ts";
import { addTags, replaceTags } from "../tags.ts";
import { readVariable } from "./read.ts";
import { isVariable, type VariableKey, variables } from "./rows.ts";

export type VariableWritten = { readonly kind: "created"; readonly row: VariableRow } | { readonly kind: "name_taken" };

/** Creates a variable unless its name is taken. */
export async function createVariable(db: Database, id: string, create: VariableCreate, stamp: Stamp): Promise<VariableWritten> {
  const row: VariableRow = { id, created: stamp.now, updated: stamp.now, ...create };
  const [inserted] = await db.write([
    sql`${variables.insert(row, "on conflict (name) do nothing")} returning id`,
    ...addTags("variable", id, create.tags),
    variableEvent("created", stamp, sql`v.id = ${id}`),
  ]);
  return touched(inserted) ? { kind: "created", row } : { kind: "name_taken" };
}

export interface VariableChanged {
  readonly kind: "updated" | "not_found" | "name_taken";
}

/**
 * Changes a variable's sent members; one round trip, two by name, which the change may take away. Throws ConstraintViolation for a null
 * where there is always a value.
 */
export async function updateVariable(
  db: Database,
  key: VariableKey,
  update: VariableUpdate,
  stamp: Stamp,
): Promise<VariableChanged> {
  const id = "id" in key ? key.id : (await readVariable(db, key))?.id;
  if (id === undefined) return { kind: "not_found" };
  try {
    const [updated] = await db.write([
      sql`update variable set ${changesOf(update, stamp.now)} where id = ${id} returning id`,
      ...(update.tags ? replaceTags("variable", id, update.tags) : []),
      variableEvent("updated", stamp, sql`v.id = ${id}`),
    ]);
    return { kind: touched(updated) ? "updated" : "not_found" };
  } catch (error) {
    if (error instanceof ConstraintViolation && error.kind === "unique") return { kind: "name_taken" };
    throw error;
  }
}

function changesOf({ name, tags, ...rest }: VariableUpdate, now: Micros): Sql {
  const set = variables.set({ ...rest, ...(name !== null && { name }), ...(tags !== null && { tags }), updated: now });
  return joined([set, ...(name === null ? [raw("name = null")] : []), ...(tags === null ? [raw("tags = null")] : [])], ", ");
}

/** Deletes a variable; returns false if there is none. */
export async function deleteVariable(db: Database, key: VariableKey, stamp: Stamp): Promise<boolean> {
  const [, deleted] = await db.write([
    variableEvent("deleted", stamp, isVariable(key)),
    sql`delete from variable as v where ${isVariable(key)} returning id`,
  ]);
  return touched(deleted);
}
