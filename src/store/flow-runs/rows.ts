import { rowMapper } from "../sql/rows.ts";
import { oneByOne, optional, packed, type Selection, selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { flowRunStateCells, joinResult, type StateRow, stateSize } from "../states/rows.ts";
import { type FlowRunRow, flowRun } from "../tables/flow-runs.ts";

export const flowRuns = rowMapper(flowRun);

/** A stored flow run with its current state and its queue. */
export interface StoredFlowRun {
  readonly run: FlowRunRow;
  readonly state: StateRow | null;
  readonly work_queue: { readonly id: string; readonly name: string } | null;
  readonly work_pool: { readonly id: string; readonly name: string } | null;
}

const named = (alias: string) => optional(selection({ id: text(`${alias}.id`), name: text(`${alias}.name`) }));

/** The selection of a flow run (alias r) with everything in its response. */
export const storedFlowRuns: Selection<StoredFlowRun> = selection({
  run: flowRuns.cells("r"),
  state: flowRunStateCells,
  work_queue: named("q"),
  work_pool: named("p"),
});

/** The joins of `flow_run r` for `storedFlowRuns`: each finds one row at most. */
export const flowRunJoins = sql`left join flow_run_state s on s.id = r.state_id ${joinResult}
  left join work_queue q on q.id = r.work_queue_id left join work_pool p on p.id = q.work_pool_id`;

/** A stored flow run with its current state only. */
export type RunWithState = Pick<StoredFlowRun, "run" | "state">;

const size = `${flowRuns.size("r")} + ${stateSize}`;

/** The list parts of flow runs with their current state only. */
export const runsWithState = {
  ...oneByOne(selection({ run: flowRuns.cells("r"), state: flowRunStateCells })),
  from: "flow_run r",
  key: "r.id",
  joins: sql`left join flow_run_state s on s.id = r.state_id ${joinResult}`,
  size,
};

/** The list parts of flow runs chosen by a statement of ids. */
export const flowRunParts = { ...packed(storedFlowRuns), from: "flow_run r", key: "r.id", joins: flowRunJoins, size };
