import type { Sql } from "../client.ts";
import { rowMapper } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { variable } from "../tables/variables.ts";

/** The rows of variables. */
export const variables = rowMapper(variable);

/** How a variable is named: by its id or by its name. */
export type VariableKey = { readonly id: string } | { readonly name: string };

/** Returns the condition that finds a variable (alias v). */
export const isVariable = (key: VariableKey): Sql => ("id" in key ? sql`v.id = ${key.id}` : sql`v.name = ${key.name}`);
