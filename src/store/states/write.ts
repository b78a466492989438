import { stateRow } from "../../domain/orchestration/state-row.ts";
import type { Effect } from "../../domain/orchestration/types.ts";
import type { State } from "../../domain/states.ts";
import type { Sql } from "../client.ts";
import type { Guard } from "../sql/tag.ts";
import { flowRunStates, taskRunStates } from "./rows.ts";

/** Returns the statement that appends a flow run's state if the guard holds. Its result, if any, is stored in the artifact. */
export const insertFlowRunState = (flow_run_id: string, state: State, effects: readonly Effect[], guard: Guard): Sql =>
  flowRunStates.insertWhere({ ...stateRow(state, effects), flow_run_id }, guard);

/** Returns the statement that appends a task run's state if the guard holds. */
export const insertTaskRunState = (task_run_id: string, state: State, effects: readonly Effect[], guard: Guard): Sql =>
  taskRunStates.insertWhere({ ...stateRow(state, effects), task_run_id }, guard);
