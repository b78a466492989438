import type { Predicate } from "../../filters/predicate.ts";
import type { Rows } from "../../lib/rows.ts";
import type { VariableSort } from "../../schemas/variables.ts";
import type { Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { emit } from "../sql/emit.ts";
import { readCount } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import type { VariableRow } from "../tables/variables.ts";
import { isVariable, type VariableKey, variables } from "./rows.ts";

/** Returns the variable, or null. */
export const readVariable = async (db: Database, key: VariableKey): Promise<VariableRow | null> =>
  variables.first(await db.execute(sql`select ${variables.columns("v")} from variable v where ${isVariable(key)}`));

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
