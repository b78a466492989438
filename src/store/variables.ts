import type { Variables, WantedVariables } from "../domain/parameters/references.ts";
import type { Predicate } from "../filters/predicate.ts";
import { stringifyJson } from "../lib/json.ts";
import type { Rows } from "../lib/rows.ts";
import type { Micros } from "../lib/time.ts";
import type { VariableCreate, VariableSort, VariableUpdate } from "../schemas/variables.ts";
import { ConstraintViolation, type Database, type ResultSet, type Sql } from "./client.ts";
import { variableEvent } from "./events/variables.ts";
import type { Stamp } from "./events/write.ts";
import { listOfMatching, readRows, rowsOf } from "./slices.ts";
import { emit } from "./sql/emit.ts";
import { readCount, rowMapper, touched } from "./sql/rows.ts";
import { json, selection, text } from "./sql/selection.ts";
import { always, joined, raw, sql } from "./sql/tag.ts";
import { type VariableRow, variable } from "./tables/variables.ts";
import { addTags, replaceTags } from "./tags.ts";

const variables = rowMapper(variable);

/** How a variable is named: by its id or by its name. */
export type VariableKey = { readonly id: string } | { readonly name: string };

const isKey = (key: VariableKey): Sql => ("id" in key ? sql`v.id = ${key.id}` : sql`v.name = ${key.name}`);

/** Returns the variable, or null. */
export const readVariable = async (db: Database, key: VariableKey): Promise<VariableRow | null> =>
  variables.first(await db.execute(sql`select ${variables.columns("v")} from variable v where ${isKey(key)}`));

const orders: Record<VariableSort, string> = {
  NAME_ASC: "v.name, v.id",
  NAME_DESC: "v.name desc, v.id desc",
  CREATED_DESC: "v.created desc, v.id desc",
  UPDATED_DESC: "v.updated desc, v.id desc",
};

interface VariableList {
  readonly where: Predicate;
  readonly sort: VariableSort;
  readonly limit: number;
  readonly offset: number;
}

/** Returns the variables that match, in the order of the sort. */
export const listVariables = (db: Database, { where, sort, limit, offset }: VariableList): Promise<Rows<VariableRow>> =>
  readRows(
    db,
    listOfMatching({ where: emit(where, "v"), limit, offset }, { ...rowsOf(variables, "v", "id"), order: orders[sort] }),
  );

/** Returns how many variables match. */
export const countVariables = async (db: Database, where: Predicate): Promise<number> =>
  readCount(await db.execute(sql`select count(*) from variable v where ${emit(where, "v")}`));

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
    variableEvent("deleted", stamp, isKey(key)),
    sql`delete from variable as v where ${isKey(key)} returning id`,
  ]);
  return touched(deleted);
}

const named = selection({ name: text("v.name"), value: json("v.value") });

/** Returns the statement that finds the values of wanted variables; `readVariableValues` reads it. */
export const selectVariableValues = ({ names, all }: WantedVariables): Sql =>
  sql`select ${named.columns} from variable v where ${all ? always : sql`v.name in (select value from json_each(${stringifyJson(names)}))`}`;

/**
 * Returns the statement that finds the values of the variables that stored parameters name, none where they hold no placeholder; all where
 * a name is made by a placeholder itself. `stored` gives the parameters as its one column.
 */
export const selectVariablesOfStored = (stored: Sql): Sql =>
  sql`with named as materialized (select t.type, t.atom from (${stored}) s, json_tree(s.parameters) t
    where instr(s.parameters, '__prefect_kind') > 0 and t.key = 'variable_name')
    select ${named.columns} from variable v where exists (select 1 from named) and
    (v.name in (select atom from named where type = 'text') or exists (select 1 from named where type = 'object'))`;

/** Returns the values by name that statements of this kind found. */
export const readVariableValues = (...results: readonly (ResultSet | undefined)[]): Variables =>
  new Map(results.flatMap((result) => named.rows(result).map(({ name, value }) => [name, value] as const)));

/** Returns the values of the variables that are wanted; no round trip for none, else one. */
export async function loadVariables(db: Database, wanted: WantedVariables): Promise<Variables> {
  if (!wanted.all && wanted.names.length === 0) return new Map();
  return readVariableValues(await db.execute(selectVariableValues(wanted)));
}
