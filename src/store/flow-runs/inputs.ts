import { canBePattern } from "../../filters/predicate.ts";
import { stringifyJson } from "../../lib/json.ts";
import { Rows } from "../../lib/rows.ts";
import { ConstraintViolation, type Database } from "../client.ts";
import { listOfMatching, readRows, rowsOf } from "../slices.ts";
import { rowMapper, touched } from "../sql/rows.ts";
import { sql } from "../sql/tag.ts";
import { type FlowRunInputRow, flowRunInput } from "../tables/flow-runs.ts";

const inputs = rowMapper(flowRunInput);

/** Stores an input of a flow run; the outcome says if the key is taken or there is no such run. */
export async function createFlowRunInput(db: Database, row: FlowRunInputRow): Promise<"created" | "taken" | "no_flow_run"> {
  try {
    await db.execute(inputs.insert(row));
    return "created";
  } catch (error) {
    if (!(error instanceof ConstraintViolation)) throw error;
    return error.kind === "unique" ? "taken" : "no_flow_run";
  }
}

/** Returns the input of that key, or null. */
export async function readFlowRunInput(db: Database, flow_run_id: string, key: string): Promise<FlowRunInputRow | null> {
  const result = await db.execute(
    sql`select ${inputs.columns("i")} from flow_run_input i where i.flow_run_id = ${flow_run_id} and i.key = ${key}`,
  );
  return inputs.first(result);
}

/** Deletes the input of that key; returns false if there is none. */
export async function deleteFlowRunInput(db: Database, flow_run_id: string, key: string): Promise<boolean> {
  return touched(
    await db.execute(sql`delete from flow_run_input where flow_run_id = ${flow_run_id} and key = ${key} returning id`),
  );
}

export interface InputSearch {
  readonly prefix: string;
  readonly limit: number;
  readonly exclude_keys: readonly string[];
}

/** Returns a flow run's inputs whose key begins with the prefix (as SQL LIKE reads it), oldest first. */
export async function listFlowRunInputs(db: Database, flow_run_id: string, search: InputSearch): Promise<Rows<FlowRunInputRow>> {
  if (!canBePattern(search.prefix)) return new Rows([]);
  const where = sql`i.flow_run_id = ${flow_run_id} and i.key like ${`${search.prefix}%`} and i.key not in (select value from json_each(${stringifyJson(search.exclude_keys)}))`;
  const part = { where, limit: search.limit, offset: 0 };
  return readRows(db, listOfMatching(part, { ...rowsOf(inputs, "i", "id"), order: "i.created, i.id" }));
}
