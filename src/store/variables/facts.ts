import type { Variables, WantedVariables } from "../../domain/parameters/references.ts";
import { stringifyJson } from "../../lib/json.ts";
import type { Database, ResultSet, Sql } from "../client.ts";
import { json, selection, text } from "../sql/selection.ts";
import { always, sql } from "../sql/tag.ts";

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
