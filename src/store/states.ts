import { stateRow } from "../domain/orchestration/answer.ts";
import type { Effect } from "../domain/orchestration/types.ts";
import { decodeStateDetails, isStateType, type State } from "../domain/states.ts";
import { type Json, parseJson } from "../schemas/json.ts";
import type { Sql } from "./client.ts";
import type { Guard } from "./events.ts";
import { rowMapper, sizeOf } from "./rows.ts";
import { type FlowRunStateRow, flowRunState } from "./tables/flow-runs.ts";
import { type TaskRunStateRow, taskRunState } from "./tables/task-runs.ts";

/** A stored state with its result, wherever that is kept. Its details are what `keptStateDetails` left of them. */
export type StateRow = (FlowRunStateRow | TaskRunStateRow) & { readonly data: Json };

const flowRunStates = rowMapper(flowRunState);
const taskRunStates = rowMapper(taskRunState);

/** How many columns `flowRunStateColumns` and `taskRunStateColumns` give. */
export const stateColumnCount = flowRunStates.names.length + 1;

/** The columns of a state (alias s) and of its result (alias a, `joinResult`). */
export const flowRunStateColumns = `${flowRunStates.columns("s")}, a.data`;
export const taskRunStateColumns = `${taskRunStates.columns("s")}, a.data`;
/** An expression for the bytes of a state and its result. */
export const stateSize = sizeOf(["s.message", "s.data", "s.state_details", "a.data"]);
export const joinResult = "left join artifact a on a.id = s.result_artifact_id";

/** Returns the state whose columns begin at `offset`, null where the join found none. */
export function readFlowRunState(values: ArrayLike<unknown>, offset: number): StateRow | null {
  return values[offset] === null ? null : withResult(flowRunStates.row(values, offset), values[offset + stateColumnCount - 1]);
}

export function readTaskRunState(values: ArrayLike<unknown>, offset: number): StateRow | null {
  return values[offset] === null ? null : withResult(taskRunStates.row(values, offset), values[offset + stateColumnCount - 1]);
}

const withResult = <T extends FlowRunStateRow | TaskRunStateRow>(row: T, result: unknown): T & { data: Json } =>
  typeof result === "string" ? { ...row, data: parseJson(result) } : row;

/** Returns a stored state as the rules see it. */
export function stateOf(row: StateRow): State {
  if (!isStateType(row.type)) throw new Error(`state ${row.id} has the unknown type ${row.type}`);
  const { id, type, name, timestamp, message, data, state_details } = row;
  return { id, type, name, timestamp, message, data, state_details: decodeStateDetails(state_details) };
}

/** Returns the statement that appends a flow run's state where the guard holds. Its result lives in the artifact, if there is one. */
export const insertFlowRunState = (flow_run_id: string, state: State, effects: readonly Effect[], guard: Guard): Sql =>
  guarded(flowRunStates.insert({ ...stateRow(state, effects), flow_run_id }), guard);

/** Returns the statement that appends a task run's state where the guard holds. */
export const insertTaskRunState = (task_run_id: string, state: State, effects: readonly Effect[], guard: Guard): Sql =>
  guarded(taskRunStates.insert({ ...stateRow(state, effects), task_run_id }), guard);

/** Returns an insert of one row that happens only where the guard holds. */
export function guarded(insert: Sql, guard: Guard): Sql {
  const [head, values] = insert.sql.split(" values ");
  return { sql: `${head} select ${values?.slice(1, -1)} where ${guard.sql}`, args: [...insert.args, ...guard.args] };
}
