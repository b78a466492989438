import { rowMapper } from "../sql/rows.ts";
import { oneByOne, optional, packed, type Selection, selection, text } from "../sql/selection.ts";
import { sql } from "../sql/tag.ts";
import { flowRunStateCells, joinResult, type StateRow, stateSize } from "../states.ts";
import { type FlowRunRow, flowRun } from "../tables/flow-runs.ts";

export const flowRuns = rowMapper(flowRun);

/** A flow run as it is stored, with its current state and the queue it is in. */
export interface StoredFlowRun {
  readonly run: FlowRunRow;
  readonly state: StateRow | null;
  readonly work_queue: { readonly id: string; readonly name: string } | null;
  readonly work_pool: { readonly id: string; readonly name: string } | null;
}

const named = (alias: string) => optional(selection({ id: text(`${alias}.id`), name: text(`${alias}.name`) }));

/** How a flow run (alias r) is read with all that its answer shows. */
export const storedFlowRuns: Selection<StoredFlowRun> = selection({
  run: flowRuns.cells("r"),
  state: flowRunStateCells,
  work_queue: named("q"),
  work_pool: named("p"),
});

/** What is joined to `flow_run r` for `storedFlowRuns`: each join finds one row at most. */
export const flowRunJoins = sql`left join flow_run_state s on s.id = r.state_id ${joinResult}
  left join work_queue q on q.id = r.work_queue_id left join work_pool p on p.id = q.work_pool_id`;

/** A flow run as it is stored, with its current state alone. */
export type RunWithState = Pick<StoredFlowRun, "run" | "state">;

const size = `${flowRuns.size("r")} + ${stateSize}`;

/** How flow runs are read with their current state alone. */
export const runsWithState = {
  ...oneByOne(selection({ run: flowRuns.cells("r"), state: flowRunStateCells })),
  from: "flow_run r",
  key: "r.id",
  joins: sql`left join flow_run_state s on s.id = r.state_id ${joinResult}`,
  size,
};

/** How flow runs that a statement of ids has chosen are read. */
export const flowRunParts = { ...packed(storedFlowRuns), from: "flow_run r", key: "r.id", joins: flowRunJoins, size };
