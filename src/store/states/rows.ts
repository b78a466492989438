import { decodeStateDetails, isStateType, type State } from "../../domain/states.ts";
import type { Json } from "../../lib/exact-json.ts";
import { parseJson } from "../../lib/json.ts";
import { rowMapper, sizeOf } from "../sql/rows.ts";
import { type Cells, mapped, optional, selection, textOrNull } from "../sql/selection.ts";
import { raw } from "../sql/tag.ts";
import { type FlowRunStateRow, flowRunState } from "../tables/flow-runs.ts";
import { type TaskRunStateRow, taskRunState } from "../tables/task-runs.ts";

/** A stored state with its result. Its details are those that `keptStateDetails` stored. */
export type StateRow = (FlowRunStateRow | TaskRunStateRow) & { readonly data: Json };

/** The rows of flow runs' states. */
export const flowRunStates = rowMapper(flowRunState);

/** The rows of task runs' states. */
export const taskRunStates = rowMapper(taskRunState);

const withResult = <T extends FlowRunStateRow | TaskRunStateRow>(row: Cells<T>): Cells<(T & { data: Json }) | null> =>
  optional(
    mapped(selection({ row, result: textOrNull("a.data") }), ({ row, result }) =>
      result === null ? row : { ...row, data: parseJson(result) },
    ),
  );

/** A flow run's state (alias s) with its result (alias a, `joinResult`); null where the join found none. */
export const flowRunStateCells: Cells<StateRow | null> = withResult(flowRunStates.cells("s"));

/** The same for a task run's state. */
export const taskRunStateCells: Cells<StateRow | null> = withResult(taskRunStates.cells("s"));

/** An expression for the size of a state and its result, in bytes. */
export const stateSize = sizeOf(["s.message", "s.data", "s.state_details", "a.data"]);

export const joinResult = raw("left join artifact a on a.id = s.result_artifact_id");

/** Returns a stored state in the form of the domain. */
export function stateOf(row: StateRow): State {
  if (!isStateType(row.type)) throw new Error(`state ${row.id} has the unknown type ${row.type}`);
  const { id, type, name, timestamp, message, data, state_details } = row;
  return { id, type, name, timestamp, message, data, state_details: decodeStateDetails(state_details) };
}
